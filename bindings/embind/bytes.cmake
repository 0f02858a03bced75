# Writes a file's bytes as the initializer of an array. usage: cmake -DINPUT=file -DOUTPUT=file -P bytes.cmake
file(READ ${INPUT} hex HEX)
string(REGEX REPLACE "(..)" "0x\\1," bytes "${hex}")
file(WRITE ${OUTPUT} "inline constexpr unsigned char kSideModule[] = {${bytes}};\n")
