// Prints bindings/js/src/generated/settings.ts: see `npm run generate`.
#include <cstdio>

#include "support/settings_module.h"

int main() { std::fputs(octet::test::settings_module().c_str(), stdout); }
