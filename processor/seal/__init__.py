"""The block, the seal and the proof that both hold. pyHanko is known here and nowhere else."""
