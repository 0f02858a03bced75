// Tests of the built package in Node. `npm run build` comes first; NODE_OPTIONS=--experimental-vm-modules is needed.
// biome-ignore lint/style/noDefaultExport: what Jest reads
export default {
  testMatch: ['<rootDir>/tests/{js,package,web}/**/*.test.ts'],
  testEnvironment: 'node',
  testTimeout: 120_000,
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' } }] },
  moduleNameMapper: { '^octet-quant$': '<rootDir>/bindings/js/dist/index.js', '^(\\.{1,2}/support/.*)\\.js$': '$1.ts' },
};
