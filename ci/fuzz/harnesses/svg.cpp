// SPDX-License-Identifier: GPL-2.0-only
// What dot draws of names that a guest chose, on its way into a page.
#include "harness.h"
#include "report/html/lock_graph_svg.h"

namespace blkhang::fuzz {

const Registered kSvg{{
    .name = "svg",
    .longest = 2048,
    .attempt =
        [](std::string_view input) {
            const auto svg = embeddable_svg(input, "name", "description");
            if (!svg) {
                return;
            }
            for (const std::string_view never : {"<script", "<image", "<a ", "<!", "<?"}) {
                require(svg->find(never) == std::string::npos, "shapes and their classes, and nothing else");
            }
        },
    .seeds =
        [] {
            return std::vector<std::string>{
                "<?xml version=\"1.0\"?><!DOCTYPE svg><!-- dot --><svg width=\"89pt\" viewBox=\"0.00 0.00 89.00 "
                "188.00\">"
                "<g class=\"graph\" transform=\"scale(1 1)\"><g id=\"a\"><a href=\"x\"><text>t</text></a></g>"
                "<path onclick=\"x\" d=\"M1,2L3,4\"/><text x=\"40\">a&lt;b&amp;[1]</text><script>x</script></g></svg>"};
        },
    .words =
        [] {
            return std::vector<std::string>{"<svg viewBox=\"0 0 9 9\">",
                                            "</svg>",
                                            "<g>",
                                            "</g>",
                                            "<text>",
                                            "</text>",
                                            "<path",
                                            "d=\"\"",
                                            "<![CDATA[",
                                            "]]>",
                                            "<!--",
                                            "-->",
                                            "&#x3c;",
                                            "<?xml ?>"};
        },
}};

}  // namespace blkhang::fuzz
