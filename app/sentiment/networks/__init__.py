"""The networks: classifiers that differ in one layer, the language model, and the classifiers as ONNX graphs.

Import from its modules: `onnx_files` needs no other package, `onnx_storage` needs onnx, the others need Keras.
"""
