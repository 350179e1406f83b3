// SPDX-License-Identifier: GPL-2.0-only
#include "stage/modules.h"

#include <algorithm>
#include <cerrno>
#include <sstream>
#include <string>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/process.h"

namespace blkhang {
namespace {

/// As the kernel has it: "virtio_blk" of "virtio-blk.ko".
std::string module_name(const std::filesystem::path& file) {
    std::string name = file.filename().string();
    name.resize(std::min(name.find(".ko"), name.size()));
    std::ranges::replace(name, '-', '_');
    return name;
}

}  // namespace

Status insert_module(const Staging& staging, const std::filesystem::path& file) {
    const std::string name = module_name(file);
    if (!is_there(staging.roots.sys() / "module" / name)) {
        if (auto told = staging.ledger.tell(change::Module{name}); !told) {
            return told;
        }
    }
    const int failed = staging.calls.insert_module(file);
    if (failed != 0 && failed != EEXIST) {
        return fail(Error::from_errno(failed, fmt::format("inserting module {}", file.filename().string())));
    }
    return {};
}

Status insert_modules(const Staging& staging, const std::filesystem::path& list) {
    std::istringstream lines(read_file(list).value_or(""));
    for (std::string file; std::getline(lines, file);) {
        if (auto inserted = insert_module(staging, file); !inserted) {
            return inserted;
        }
    }
    return {};
}

Status load_driver(const Staging& staging, const std::string& name, const std::string& parameters) {
    constexpr auto kTime = std::chrono::seconds(30);
    if (is_there(staging.roots.sys() / "module" / name)) {
        return {};
    }
    if (auto told = staging.ledger.tell(change::Module{name}); !told) {
        return told;
    }
    const auto done = command_stdout({"modprobe", name, parameters}, Deadline::after(kTime));
    if (!done) {
        return fail(
            Error(Fault::unsupported, fmt::format("the driver {} cannot be loaded: {}", name, done.error().message())));
    }
    return {};
}

}  // namespace blkhang
