// SPDX-License-Identifier: GPL-2.0-only
#include "report/words/paint.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace blkhang {

std::string painted(std::string_view text, std::string_view colour, bool wanted) {
    return wanted ? fmt::format("{}{}{}", colour, text, kPlain) : std::string(text);
}

std::string_view colour_of(Verdict verdict) {
    switch (verdict) {
        case Verdict::hang:
        case Verdict::hazard:
            return kRed;
        case Verdict::clean:
            return kGreen;
        case Verdict::error:
        case Verdict::unsupported:
        case Verdict::inconclusive:
            break;
    }
    return kYellow;
}

std::string headline(Verdict verdict, bool colour) {
    std::string name(to_string(verdict));
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::toupper(c); });
    return painted(name, colour_of(verdict), colour);
}

}  // namespace blkhang
