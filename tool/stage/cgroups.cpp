// SPDX-License-Identifier: GPL-2.0-only
#include "stage/cgroups.h"

#include <charconv>
#include <sstream>

#include <fmt/format.h>

#include "base/words.h"

namespace blkhang {
namespace {

const char* io_controller(CgroupVersion version) { return version == CgroupVersion::v1 ? "blkio" : "io"; }

std::string limit_text(std::uint64_t limit) { return limit == 0 ? "max" : std::to_string(limit); }

}  // namespace

std::vector<KnobValue> throttle_values(CgroupVersion version, const DiskThrottle& throttle) {
    const auto& limits = throttle.limits;
    if (version != CgroupVersion::v1) {
        if (!limits.limits_anything()) {
            return {};
        }
        return {{"io.max", fmt::format("{} rbps={} wbps={} riops={} wiops={}", throttle.disk,
                                       limit_text(limits.read_bytes_per_s), limit_text(limits.write_bytes_per_s),
                                       limit_text(limits.read_ios_per_s), limit_text(limits.write_ios_per_s))}};
    }
    std::vector<KnobValue> values;
    const auto add = [&](const char* knob, std::uint64_t limit) {
        if (limit != 0) {
            values.push_back({fmt::format("blkio.throttle.{}", knob), fmt::format("{} {}", throttle.disk, limit)});
        }
    };
    add("read_bps_device", limits.read_bytes_per_s);
    add("write_bps_device", limits.write_bytes_per_s);
    add("read_iops_device", limits.read_ios_per_s);
    add("write_iops_device", limits.write_ios_per_s);
    return values;
}

std::vector<std::string> missing_knobs(CgroupVersion version, const std::vector<DiskThrottle>& throttles,
                                       const std::filesystem::path& group) {
    std::vector<std::string> missing;
    for (const auto& throttle : throttles) {
        for (const auto& [knob, value] : throttle_values(version, throttle)) {
            if (!std::filesystem::exists(group / knob)) {
                add_once(missing, knob);
            }
        }
    }
    return missing;
}

Result<CgroupTree> CgroupTree::open(Ledger& ledger, CgroupLibrary& library, CgroupVersion version, std::string group) {
    if (auto looked = library.look(); !looked) {
        return fail(looked.error());
    }
    CgroupTree tree(library, version, std::move(group));
    const auto io = library.mount_of(io_controller(version));
    if (!io) {
        return fail(Fault::unsupported,
                    fmt::format("the cgroup controller {} is not available", io_controller(version)));
    }
    tree.controllers_.emplace_back(io_controller(version));
    tree.directory_ = *io / tree.group_;
    std::vector<std::filesystem::path> directories{tree.directory_};
    if (const auto memory = library.mount_of("memory")) {
        tree.controllers_.emplace_back("memory");
        if (*memory != *io) {
            directories.push_back(*memory / tree.group_);
        }
    }
    for (const auto& directory : directories) {
        if (auto told = ledger.tell(change::Cgroup{directory}); !told) {
            return fail(told.error());
        }
    }
    // libcgroup makes the controllers available one level down at a time, so the common parent comes first.
    if (auto made = library.create(tree.group_, tree.controllers_); !made) {
        return fail(made.error());
    }
    return tree;
}

std::string CgroupTree::path_of(const std::string& name) const { return fmt::format("{}/{}", group_, name); }

Status CgroupTree::create(const std::string& name, const std::vector<DiskThrottle>& throttles,
                          const Writes& writes) const {
    const std::string path = path_of(name);
    if (auto made = library_->create(path, controllers_); !made) {
        return made;
    }
    // One write per disk: a kernel knob takes one device at a time, and libcgroup one value per knob.
    for (std::size_t i = 0; i < throttles.size(); ++i) {
        const auto values = throttle_values(version_, throttles[i]);
        if (values.empty()) {
            continue;
        }
        if (writes) {
            writes(i);
        }
        auto set = library_->set(path, controllers_.front(), values);
        if (writes) {
            writes({});
        }
        if (!set) {
            return fail_within(std::move(set.error()), fmt::format("throttling disk {}", throttles[i].disk));
        }
    }
    return {};
}

Status CgroupTree::attach(const std::string& name, pid_t pid) const {
    return library_->attach(path_of(name), controllers_, pid);
}

Status CgroupTree::remove(const std::string& name) const {
    // One controller only: libcgroup removes the directory once per controller, and they share it.
    return library_->remove(path_of(name), controllers_.front());
}

std::filesystem::path CgroupTree::statistics() const {
    return directory_ / (version_ == CgroupVersion::v1 ? "blkio.throttle.io_service_bytes_recursive" : "io.stat");
}

std::filesystem::path CgroupTree::statistics(const std::string& name) const {
    return directory_ / name / (version_ == CgroupVersion::v1 ? "blkio.throttle.io_service_bytes" : "io.stat");
}

std::optional<std::uint64_t> written_bytes(CgroupVersion version, std::string_view statistics, std::string_view disk) {
    // v2: "254:0 rbytes=0 wbytes=4096 rios=0 ...", v1: "254:0 Write 4096"
    const std::string_view key = version == CgroupVersion::v1 ? "Write " : "wbytes=";
    std::istringstream lines{std::string(statistics)};
    for (std::string line; std::getline(lines, line);) {
        const auto at = line.find(key);
        if (line.starts_with(fmt::format("{} ", disk)) && at != std::string::npos) {
            std::uint64_t bytes = 0;
            const char* const digits = line.data() + at + key.size();
            const auto parsed = std::from_chars(digits, line.data() + line.size(), bytes);
            return parsed.ec == std::errc{} ? std::optional{bytes} : std::nullopt;
        }
    }
    return std::nullopt;
}

}  // namespace blkhang
