"""From texts to verdicts, on ONNX Runtime or Keras: `predictor.Predictor`, engines, files of verdicts."""
