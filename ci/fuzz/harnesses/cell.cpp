// SPDX-License-Identifier: GPL-2.0-only
// cell.json, and the profile and the kernel that it names.
#include "matrix/cell.h"

#include "harness.h"
#include "profile/kernel_spec.h"
#include "profile/profile_toml.h"
#include "profile/shipped.h"

namespace blkhang::fuzz {

const Registered kCell{{
    .name = "cell",
    .shape = Shape::json,
    .longest = 4096,
    .attempt =
        [](std::string_view input) {
            const auto cell = decode_cell(input);
            if (!cell) {
                return;
            }
            static_cast<void>(parse_profile(cell->profile_toml, "cell.json"));
            static_cast<void>(parse_kernel_spec(cell->pinned));
            const auto text = encode(*cell);
            const auto again = decode_cell(text);
            require(again.has_value(), "what was written is accepted");
            require(encode(*again) == text, "what was written is read back as the same");
        },
    .seeds =
        [] {
            std::vector<std::string> seeds;
            const auto cells = plan_cells({.kernels = {"deb:6.1"}, .profiles = {"kvm-2011"}, .calibrate = true},
                                          {load_profile("kvm-2011").value()});
            for (Cell cell : cells) {
                cell.pinned = "deb:linux-image-6.1.0-56-cloud-amd64=6.1.192-2";
                cell.release = "6.1.0-56-cloud-amd64";
                seeds.push_back(encode(cell));
                cell.profile_toml = "name = \"x\"\n";
                seeds.push_back(encode(cell));
            }
            return seeds;
        },
}};

}  // namespace blkhang::fuzz
