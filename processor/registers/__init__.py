"""Lists and registers (mục lục, sổ, nhãn, bìa) made from the catalogue, on paper and as tables."""
