"""What is compared, the language model, and the same networks as ONNX."""
