// SPDX-License-Identifier: GPL-2.0-only
#include "matrix/foreign_kernel.h"

#include <fmt/format.h>

#include "profile/kernel_spec.h"

namespace blkhang {

Status check_foreign_kernel(std::string_view kernel) {
    const auto choice = parse_kernel_choice(kernel);
    if (!choice) {
        return fail(choice.error());
    }
    const bool is_tree = std::holds_alternative<BuildTree>(choice->spec);
    if (!is_tree && !std::holds_alternative<ImageFile>(choice->spec)) {
        return {};
    }
    return fail(Error(Fault::usage, fmt::format("{} may be a stranger's{}", choice->kernel,
                                                is_tree ? ", and its Makefile would run here" : ""))
                    .hint("if you know who made it, give --trust-kernels"));
}

}  // namespace blkhang
