// The TypeScript module that has the core's table of settings.
#pragma once

#include <string>

#include "quantize/settings/quantization_params.h"

namespace octet::test {

/// The text of bindings/js/src/generated/settings.ts.
inline std::string settings_module() {
  return "// Made from core/quantize/settings by `npm run generate`; a test holds the two together.\n\n"
         "/** What settings can be: choices, limits of numbers, presets. */\n"
         "export const SETTINGS = " +
         quantize::settings_table() + " as const;\n";
}

}  // namespace octet::test
