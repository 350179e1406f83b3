// SPDX-License-Identifier: GPL-2.0-only
// matrix.toml: what is accepted is printed, read back as the same, and either planned or refused in words.
#include "harness.h"
#include "matrix/cell.h"
#include "matrix/request.h"
#include "profile/shipped.h"

namespace blkhang::fuzz {

const Registered kMatrixToml{{
    .name = "matrix_toml",
    .shape = Shape::lines,
    .longest = 2048,
    .attempt =
        [](std::string_view input) {
            const auto request = parse_request(input, "matrix.toml");
            if (!request) {
                require(request.error().fault() == Fault::usage, "a wrong matrix is the user's mistake");
                return;
            }
            if (!check_request(*request)) {
                return;
            }
            const auto text = to_toml(*request);
            const auto again = parse_request(text, "matrix.toml");
            require(again.has_value(), "what was printed is accepted");
            require(to_toml(*again) == text, "what was printed is read back as the same");
        },
    .seeds =
        [] {
            MatrixRequest full;
            full.kernels = {"deb:6.1,plant=sync-alloc", "tree:."};
            full.profiles = {"kvm-2011", "elv-switch"};
            full.plants = {"none", "sync-alloc"};
            full.sets = {"churn.ring=20"};
            full.duration = "40s";
            full.repeat = 3;
            full.jobs = 2;
            full.calibrate = true;
            full.deadline = std::chrono::seconds(600);
            MatrixRequest change;
            change.profiles = {"elv-bfq"};
            change.before = "deb:6.1";
            change.after = "tree:linux";
            return std::vector<std::string>{to_toml(full), to_toml(change)};
        },
}};

}  // namespace blkhang::fuzz
