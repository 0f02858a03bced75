"""Makes the .tflite files beside it: small nets of the layers that Keras users use, with random weights, as TensorFlow's
converter writes them. Needs tensorflow-cpu 2.21, which no test needs.
usage: python make.py"""

import pathlib

import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers

SEED = 7
IMAGE = (16, 16, 3)
SEQUENCE = (12, 16)


def batch_norm(x, activation="relu"):
    """With statistics and factors as after training, not those of a fresh layer, which do nothing."""
    normal = layers.BatchNormalization(
        beta_initializer=keras.initializers.RandomNormal(0, 0.3),
        gamma_initializer=keras.initializers.RandomUniform(0.6, 1.4),
        moving_mean_initializer=keras.initializers.RandomNormal(0, 0.2),
        moving_variance_initializer=keras.initializers.RandomUniform(0.5, 2.0),
    )
    x = normal(x)
    return layers.Activation(activation)(x) if activation else x


def conv_norm(x, filters, stride=1, activation="relu"):
    return batch_norm(layers.Conv2D(filters, 3, stride, "same", use_bias=False)(x), activation)


def head(x, classes=5):
    return layers.Dense(classes, "softmax")(layers.GlobalAveragePooling2D()(x))


def dense(x):
    x = layers.Dense(24, "relu")(layers.Flatten()(layers.AveragePooling2D(4)(x)))
    return layers.Dense(5, "softmax")(layers.Dense(16, "tanh")(x))


def dense_without_bias(x):
    return layers.Dense(4, use_bias=False)(layers.GlobalAveragePooling2D()(x))


def conv_without_bias(x):
    x = layers.Conv2D(6, 3, 2, "same", use_bias=False)(x)
    x = layers.DepthwiseConv2D(3, padding="same", use_bias=False)(x)
    x = layers.Conv2DTranspose(4, 3, 2, "same", use_bias=False)(x)
    return layers.Conv2D(3, 3, use_bias=False, groups=1)(x)


def conv_norm_relu(x):
    return head(conv_norm(conv_norm(x, 8, 2), 12, 2))


def inverted_residual(x):
    x = conv_norm(x, 6, 2, "relu6")
    for stride, filters in ((1, 6), (2, 8)):
        y = batch_norm(layers.Conv2D(3 * x.shape[-1], 1, use_bias=False)(x), "relu6")
        y = batch_norm(layers.DepthwiseConv2D(3, stride, "same", use_bias=False)(y), "relu6")
        y = batch_norm(layers.Conv2D(filters, 1, use_bias=False)(y), None)
        x = layers.Add()([x, y]) if stride == 1 else y
    return head(x)


def residual(x):
    x = conv_norm(x, 4)
    for stride in (1, 2):
        y = conv_norm(conv_norm(x, 4 * stride, stride), 4 * stride, activation=None)
        shortcut = x if stride == 1 else batch_norm(layers.Conv2D(8, 1, 2)(x), None)
        x = layers.ReLU()(layers.Add()([shortcut, y]))
    return head(layers.MaxPooling2D()(x))


def separable(x):
    x = layers.SeparableConv2D(8, 3, padding="same", activation="relu")(x)
    return head(layers.SeparableConv2D(12, 3, 2, use_bias=False, activation="elu")(x))


def unet(x):
    first = layers.Conv2D(6, 3, padding="same", activation="relu")(x)
    second = layers.Conv2D(8, 3, padding="same", activation="relu")(layers.MaxPooling2D()(first))
    x = layers.Conv2D(12, 3, padding="same", activation="relu")(layers.AveragePooling2D(2)(second))
    x = layers.Concatenate()([layers.Conv2DTranspose(8, 3, 2, "same")(x), second])
    x = layers.Conv2D(8, 3, padding="same", activation="relu")(x)
    x = layers.Concatenate()([layers.UpSampling2D(interpolation="bilinear")(x), first])
    return layers.Conv2D(2, 1, activation="sigmoid")(x)


def squeeze_excite(x):
    x = conv_norm(x, 8, activation="hard_swish")
    weights = layers.GlobalAveragePooling2D(keepdims=True)(x)
    weights = layers.Conv2D(8, 1, activation="hard_sigmoid")(layers.Conv2D(4, 1, activation="relu")(weights))
    return head(layers.Multiply()([x, weights]))


def swish_gelu(x):
    x = layers.Conv2D(8, 3, 2, "same", activation="swish")(x)
    x = layers.LeakyReLU()(layers.Conv2D(8, 3, padding="same", activation="gelu")(x))
    x = layers.PReLU(shared_axes=(1, 2), alpha_initializer=keras.initializers.Constant(0.2))(x)
    return head(layers.ZeroPadding2D(1)(x))


def dilated(x):
    x = layers.Conv2D(6, 3, padding="same", dilation_rate=2, activation="relu")(x)
    return layers.Conv2D(4, 3, padding="valid", dilation_rate=3, use_bias=False)(x)


def constant_output(x):
    """As of detectors, which give their anchors with what they find."""
    anchors = layers.Lambda(lambda _: tf.constant([[0.25, 0.5], [0.75, 0.125]]))(x)
    return layers.Conv2D(4, 3, 2)(x), anchors


def norm(x):
    random = keras.initializers.RandomUniform(0.5, 1.5)
    x = layers.LayerNormalization(gamma_initializer=random, beta_initializer=random)(x)
    return layers.Dense(6)(layers.Dense(24, "gelu")(x))


def attention(x):
    y = layers.MultiHeadAttention(2, 8)(x, x)
    x = layers.LayerNormalization()(layers.Add()([x, y]))
    y = layers.Dense(16)(layers.Dense(32, "relu")(x))
    return layers.Dense(5, "softmax")(layers.GlobalAveragePooling1D()(layers.Add()([x, y])))


def conv_1d(x):
    x = layers.Conv1D(8, 3, padding="same", activation="relu")(x)
    x = layers.MaxPooling1D()(layers.Conv1D(8, 3, padding="causal", use_bias=False)(x))
    return layers.Dense(4, "softmax")(layers.GlobalMaxPooling1D()(x))


def recurrent(x):
    x = layers.LSTM(6, unroll=True, return_sequences=True)(x[:, :3])
    return layers.Dense(4)(layers.GRU(6, unroll=True)(x))


NETS = {
    IMAGE: (
        dense,
        dense_without_bias,
        conv_without_bias,
        conv_norm_relu,
        inverted_residual,
        residual,
        separable,
        unet,
        squeeze_excite,
        swish_gelu,
        dilated,
        constant_output,
    ),
    SEQUENCE: (norm, attention, conv_1d, recurrent),
}


def converted(shape, body):
    keras.backend.clear_session()  # Names count on from net to net otherwise.
    keras.utils.set_random_seed(SEED)
    inputs = keras.Input(shape, batch_size=1, name="x")
    model = keras.Model(inputs, body(inputs))
    return tf.lite.TFLiteConverter.from_keras_model(model).convert()


def main():
    folder = pathlib.Path(__file__).parent
    for shape, bodies in NETS.items():
        for body in bodies:
            data = converted(shape, body)
            (folder / f"{body.__name__}.tflite").write_bytes(data)
            print(f"{body.__name__}: {len(data)} bytes")


if __name__ == "__main__":
    main()
