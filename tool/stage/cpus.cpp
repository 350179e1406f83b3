// SPDX-License-Identifier: GPL-2.0-only
#include "stage/cpus.h"

#include <filesystem>

#include "base/file.h"
#include "stage/knob.h"

namespace blkhang {

Status online_cpus(const Staging& staging) {
    std::error_code error;
    const auto cpus = staging.roots.sys() / "devices" / "system" / "cpu";
    for (const auto& entry : std::filesystem::directory_iterator(cpus, error)) {
        const auto knob = entry.path() / "online";
        const auto state = read_file(knob);
        if (state && state->starts_with('0')) {
            if (auto written = set_knob(staging, knob, "1"); !written) {
                return fail_within(std::move(written.error()), "bringing up a CPU");
            }
        }
    }
    return {};
}

}  // namespace blkhang
