# SPDX-License-Identifier: GPL-2.0-only
string(REPLACE "|" ";" FILES "${FILES}")
set(entries "")
foreach(file ${FILES})
  get_filename_component(name ${file} NAME)
  file(READ ${file} content)
  # A string literal may hold 64 KiB at the least; our files are far smaller.
  string(APPEND entries "        {\"${name}\", R\"embedded(${content})embedded\"},\n")
endforeach()
file(WRITE ${OUT}/${NS}.h
"#pragma once
#include <map>
#include <string>
#include <string_view>
namespace blkhang::embedded {
const std::map<std::string, std::string_view, std::less<>>& ${NS}();
}
")
file(WRITE ${OUT}/${NS}.cpp
"#include \"embedded/${NS}.h\"
namespace blkhang::embedded {
const std::map<std::string, std::string_view, std::less<>>& ${NS}() {
    static const std::map<std::string, std::string_view, std::less<>> files{
${entries}    };
    return files;
}
}
")
