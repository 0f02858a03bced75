/** The package's version, part of every report. Equal to package.json's; a test sees to it. */
export const VERSION = '0.1.0';
