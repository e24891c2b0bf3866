"""Reading pages: OCRmyPDF drives, Tesseract reads. Worker side."""
