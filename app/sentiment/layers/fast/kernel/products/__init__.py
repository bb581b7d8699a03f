"""Matrix products for the loops of the LSTM, behind one interface with four back ends.

matrices   the interface: `multiply` and `accumulate`, and what they need packed
blocks     a block of a product in vector registers, in LLVM's language
vectors    products by such blocks: float32, and bfloat16 with AVX-512 BF16
tiles      products in bfloat16 on the tiles of AMX
"""
