// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string_view>

namespace blkhang {

using Json = nlohmann::ordered_json;  // members keep their order: records are read by people too

/// How much a JSON text asks of whoever parses it. Found without parsing, in one pass.
struct JsonWeight {
    std::size_t depth = 0;   ///< levels
    std::size_t values = 0;  ///< roughly
    [[nodiscard]] bool is_too_much() const;
};
JsonWeight weight_of(std::string_view json);

/// The one way to parse what somebody else may have written: costs no more than the text is worth. `is_discarded()` if
/// it is no JSON in UTF-8, or beyond base/limits.h.
Json parse_json(std::string_view text);

}  // namespace blkhang
