// Settings: immutable, checked when made, the same through JSON.

import {
  bfloat16Quantization,
  CalibrationMethod,
  defaultQuantization,
  int16Quantization,
  OctetError,
  QuantizationParams,
  quantizationScheme,
  recommendedQuantization,
} from 'octet-quant';

const SYMMETRIC = quantizationScheme({ asymmetric: false, perChannel: false });

describe('QuantizationParams', () => {
  test('changes a copy', () => {
    const changed = defaultQuantization
      .withCalibration(CalibrationMethod.fromStr('percentile', { percentile: 99.9 }))
      .withActivationQuantization(SYMMETRIC)
      .withWeightQuantization(SYMMETRIC)
      .withRequantizationMode('tflite')
      .withBiasCorrection(true)
      .withAdaptiveRounding()
      .withChannelEqualization()
      .withPreferInt8Udf(false)
      .withSmoothQuant({ alpha: 0.75 })
      .withUnquantizedNodes(['b', 'a'])
      .withCustomQuantizationConfigs({
        'conv*': { quantizationPrecision: 'BFLOAT_16' },
        add: { quantizationPrecision: 'INT16' },
        last: {
          activationScheme: quantizationScheme({ asymmetric: false, perChannel: false }),
          weightScheme: quantizationScheme({ asymmetric: false, perChannel: true, bits: 4 }),
          calibration: CalibrationMethod.fromStr('min_max'),
        },
      });
    expect(changed.toJSON()).toEqual({
      calibration: { method: 'percentile', numBins: 2048, percentile: 99.9, movingAverageConstant: 0.01 },
      activations: { asymmetric: false, perChannel: false, bits: 8, bfloat16: false },
      weights: { asymmetric: false, perChannel: false, bits: 8, bfloat16: false },
      requantization: 'tflite',
      biasCorrection: 'regular',
      adaptiveRounding: true,
      judgeMethods: false,
      channelEqualization: true,
      preferInt8Udf: false,
      smoothQuant: { enabled: true, alpha: 0.75, search: false },
      unquantizedNodes: ['a', 'b'],
      customQuantizationConfigs: {
        add: { quantizationPrecision: 'INT16' },
        'conv*': { quantizationPrecision: 'BFLOAT_16' },
        last: {
          activationScheme: { asymmetric: false, perChannel: false, bits: 8, bfloat16: false },
          weightScheme: { asymmetric: false, perChannel: true, bits: 4, bfloat16: false },
          calibration: { method: 'min_max', numBins: 2048, percentile: 99.99, movingAverageConstant: 0.01 },
        },
      },
    });
    const read = QuantizationParams.fromJSON(JSON.parse(JSON.stringify(changed)));
    expect(read.toJSON()).toEqual(changed.toJSON());
    expect(defaultQuantization.calibration.method).toBe('mse');
    expect(defaultQuantization.activations.asymmetric).toBe(true);
    expect(defaultQuantization.weights.perChannel).toBe(true);
    expect(defaultQuantization.requantization).toBe('sima');
    expect(defaultQuantization.biasCorrection).toBe('none');
    expect(defaultQuantization.adaptiveRounding).toBe(false);
    expect(defaultQuantization.channelEqualization).toBe(false);
    expect(defaultQuantization.preferInt8Udf).toBe(true);
    expect(defaultQuantization.smoothQuant.enabled).toBe(false);
    expect(defaultQuantization.unquantizedNodes.size).toBe(0);
  });

  test('turns bias correction off again', () => {
    const corrected = defaultQuantization.withBiasCorrection('iterative');
    expect(corrected.withBiasCorrection(false).biasCorrection).toBe('none');
  });

  test('survives JSON', () => {
    for (const preset of [
      defaultQuantization,
      recommendedQuantization,
      int16Quantization,
      bfloat16Quantization,
    ]) {
      const params = preset
        .withCalibration('entropy')
        .withBiasCorrection('iterative')
        .withAdaptiveRounding()
        .withChannelEqualization()
        .withUnquantizedNodes(['x'])
        .withCustomQuantizationConfigs({ 'y*': { quantizationPrecision: 'FLOAT' } });
      const copy = QuantizationParams.fromJSON(JSON.parse(JSON.stringify(params)));
      expect(copy.toJSON()).toEqual(params.toJSON());
    }
  });

  test('takes the default for what JSON leaves out', () => {
    const params = QuantizationParams.fromJSON({ calibration: { method: 'min_max' } });
    expect(params.toJSON()).toEqual(defaultQuantization.withCalibration('min_max').toJSON());
  });

  test.each([
    ['an unknown field', { wieghts: {} }, /wieghts/],
    ['an unknown nested field', { weights: { perChanel: true } }, /perChanel/],
    ['a wrong type', { activations: { bits: '8' } }, /bits/],
    ['no object', 7, /object/],
    ['an unknown bias correction', { biasCorrection: 'twice' }, /twice.*iterative/],
    ['a bias correction that is no name', { biasCorrection: true }, /biasCorrection.*string/],
    ['an adaptive rounding that is no boolean', { adaptiveRounding: 'yes' }, /adaptiveRounding.*boolean/],
    ['an unknown mode', { requantization: 'fast' }, /fast/],
    [
      'an unknown precision',
      { customQuantizationConfigs: { a: { quantizationPrecision: 'INT4' } } },
      /INT4.*BFLOAT_16/,
    ],
    ['an empty config', { customQuantizationConfigs: { a: {} } }, /'a' is empty/],
    [
      'a scheme that is not of the precision',
      { customQuantizationConfigs: { a: { quantizationPrecision: 'INT16', activationScheme: {} } } },
      /not of its precision, INT16/,
    ],
    [
      'weights of 16 bits for one node',
      { customQuantizationConfigs: { a: { weightScheme: { bits: 16 } } } },
      /16 bits/,
    ],
    [
      'an unknown method for one node',
      { customQuantizationConfigs: { a: { calibration: { method: 'best' } } } },
      /moving_average/,
    ],
    ['a precision that is none', { customQuantizationConfigs: { a: 'INT8' } }, /JSON object/],
    ['names that are none', { unquantizedNodes: [1] }, /unquantizedNodes/],
  ])('refuses JSON with %s', (_, json, message) => {
    expect(() => QuantizationParams.fromJSON(json)).toThrow(message);
  });

  test.each<[string, () => unknown, RegExp]>([
    [
      'asymmetric weights',
      () =>
        defaultQuantization.withWeightQuantization(
          quantizationScheme({ asymmetric: true, perChannel: true }),
        ),
      /weights/,
    ],
    [
      'per-channel activations',
      () =>
        defaultQuantization.withActivationQuantization(
          quantizationScheme({ asymmetric: true, perChannel: true }),
        ),
      /activations/,
    ],
    ['two bits', () => quantizationScheme({ asymmetric: false, perChannel: false, bits: 2 }), /bits/],
    [
      'activations of 4 bits',
      () =>
        defaultQuantization.withActivationQuantization(
          quantizationScheme({ asymmetric: false, perChannel: false, bits: 4 }),
        ),
      /4 bits/,
    ],
    [
      'asymmetric activations of 16 bits',
      () =>
        defaultQuantization.withActivationQuantization(
          quantizationScheme({ asymmetric: true, perChannel: false, bits: 16 }),
        ),
      /symmetric/,
    ],
    [
      'weights of 16 bits',
      () =>
        defaultQuantization.withWeightQuantization(
          quantizationScheme({ asymmetric: false, perChannel: true, bits: 16 }),
        ),
      /16 bits/,
    ],
    ['an unknown method', () => CalibrationMethod.fromStr('best'), /moving_average/],
    ['1000 bins', () => CalibrationMethod.fromStr('mse', { numBins: 1000 }), /power of two/],
    ['percentile 50', () => CalibrationMethod.fromStr('percentile', { percentile: 50 }), /above 50/],
  ])('refuses %s', (_, make, message) => {
    expect(make).toThrow(OctetError);
    expect(make).toThrow(message);
  });
});
