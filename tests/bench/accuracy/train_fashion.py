"""Trains the small nets of Fashion-MNIST beside this file that stand for families which no package with weights has:
fashion_silu.tflite, inverted residuals with SiLU and squeeze-and-excitation; fashion_vit.tflite, a vision transformer with
layer normalization and GELU. Inputs are pixel / 255. Needs TensorFlow (build/venv-onnx) and the data set
(dataset-fashion-mnist); constants are written as float16.

usage: python train_fashion.py silu|vit OUT.tflite [--epochs 8]"""

from __future__ import annotations

import argparse
import gzip
import pathlib
import tempfile

import numpy as np
import tensorflow as tf

keras = tf.keras
layers = tf.keras.layers

_DATA = pathlib.Path("/usr/share/datasets/fashion-mnist")
CLASSES = 10
SIDE = 28


def data_set(part: str) -> tuple[np.ndarray, np.ndarray]:
    with gzip.open(_DATA / f"{part}-images-idx3-ubyte.gz") as file:
        pixels = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, SIDE, SIDE, 1)
    with gzip.open(_DATA / f"{part}-labels-idx1-ubyte.gz") as file:
        labels = np.frombuffer(file.read(), np.uint8, offset=8)
    return pixels.astype(np.float32) / 255, labels.astype(np.int32)


def silu_net() -> keras.Model:
    def convolution(x, channels: int, kernel: int):
        x = layers.Conv2D(channels, kernel, padding="same", use_bias=False)(x)
        return layers.BatchNormalization()(x)

    def block(source, channels: int, stride: int):
        expanded = 4 * source.shape[-1]
        x = layers.Activation("silu")(convolution(source, expanded, 1))
        x = layers.DepthwiseConv2D(3, strides=stride, padding="same", use_bias=False)(x)
        x = layers.Activation("silu")(layers.BatchNormalization()(x))
        gate = layers.GlobalAveragePooling2D(keepdims=True)(x)
        gate = layers.Conv2D(expanded // 8, 1, activation="silu")(gate)
        gate = layers.Conv2D(expanded, 1, activation="sigmoid")(gate)
        x = convolution(layers.Multiply()([x, gate]), channels, 1)
        return layers.Add()([source, x]) if x.shape == source.shape else x

    image = layers.Input((SIDE, SIDE, 1), name="image")
    x = layers.Activation("silu")(convolution(image, 16, 3))
    for channels, stride in ((16, 2), (16, 1), (32, 2), (32, 1), (48, 2), (48, 1)):
        x = block(x, channels, stride)
    x = layers.GlobalAveragePooling2D()(layers.Activation("silu")(convolution(x, 128, 1)))
    return keras.Model(image, layers.Dense(CLASSES, activation="softmax")(x))


class Positions(layers.Layer):
    """Adds a trained vector to each token."""

    def build(self, shape):
        self.vectors = self.add_weight(
            shape=shape[1:], initializer=keras.initializers.RandomNormal(stddev=0.02)
        )

    def call(self, tokens):
        return tokens + self.vectors


def vision_transformer() -> keras.Model:
    patch, width, depth, heads = 4, 64, 3, 4
    tokens = (SIDE // patch) ** 2

    def attention(x):
        def split(values):
            return layers.Permute((2, 1, 3))(layers.Reshape((tokens, heads, width // heads))(values))

        query, key, value = (split(layers.Dense(width)(x)) for _ in range(3))
        scores = keras.ops.matmul(query, keras.ops.transpose(key, (0, 1, 3, 2))) * (width // heads) ** -0.5
        mixed = keras.ops.matmul(layers.Softmax()(scores), value)
        return layers.Dense(width)(layers.Reshape((tokens, width))(layers.Permute((2, 1, 3))(mixed)))

    def perceptron(x):
        return layers.Dense(width)(layers.Dense(2 * width, activation="gelu")(x))

    image = layers.Input((SIDE, SIDE, 1), name="image")
    x = layers.Conv2D(width, patch, strides=patch)(image)
    x = Positions()(layers.Reshape((tokens, width))(x))
    for _ in range(depth):
        for part in (attention, perceptron):
            x = layers.Add()([x, part(layers.LayerNormalization(epsilon=1e-5)(x))])
    x = layers.GlobalAveragePooling1D()(layers.LayerNormalization(epsilon=1e-5)(x))
    return keras.Model(image, layers.Dense(CLASSES, activation="softmax")(x))


NETS = {"silu": silu_net, "vit": vision_transformer}


def train(model: keras.Model, epochs: int) -> None:
    images, labels = data_set("train")
    batch = 128
    steps = len(images) // batch
    pictures = (
        tf.data.Dataset.from_tensor_slices((images, labels))
        .shuffle(len(images), seed=1)
        .batch(batch, drop_remainder=True)
        .map(lambda image, label: (tf.image.random_flip_left_right(image, seed=2), label))
        .prefetch(2)
    )
    rate = keras.optimizers.schedules.CosineDecay(
        0.0, epochs * steps, warmup_target=3e-3, warmup_steps=steps // 2
    )
    optimizer = keras.optimizers.AdamW(rate, weight_decay=0.02)
    model.compile(optimizer, loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(pictures, epochs=epochs, verbose=2)
    print("test", model.evaluate(*data_set("t10k"), batch_size=1000, verbose=0))


def converted(model: keras.Model) -> bytes:
    """For one image at a time: so that no shape is computed at run time."""
    image = tf.TensorSpec((1, SIDE, SIDE, 1), tf.float32, name="image")
    with tempfile.TemporaryDirectory() as folder:
        model.export(folder, input_signature=[image], verbose=False)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.target_spec.supported_types = [tf.float16]
        return converter.convert()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("net", choices=NETS)
    parser.add_argument("output", type=pathlib.Path)
    parser.add_argument("--epochs", type=int, default=8)
    arguments = parser.parse_args()
    keras.utils.set_random_seed(1)
    model = NETS[arguments.net]()
    train(model, arguments.epochs)
    arguments.output.write_bytes(converted(model))


if __name__ == "__main__":
    main()
