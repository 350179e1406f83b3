// SPDX-License-Identifier: GPL-2.0-only
#include "evidence/journal_reader.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "base/fd.h"
#include "machine/device_header.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

/// Whose blocks in a part are evidence: the run that came last.
struct Owner {
    std::uint64_t generation;
    EvidenceId boot, run;
};

bool is_of(const EvidenceBlock& block, const Owner& owner) {
    return block.generation == owner.generation && block.boot == owner.boot && block.run == owner.run;
}

/// Has anything been written there?
bool is_blank(std::string_view bytes) { return bytes.find_first_not_of('\0') == std::string_view::npos; }

std::optional<SurvivingRun> read_part(const ReadsBlock& read, const JournalLayout& layout, std::uint64_t part,
                                      std::string_view source) {
    const std::uint64_t begin = layout.first_of(part);
    SurvivingRun run;
    run.source = source;
    std::optional<Owner> owner;
    std::map<std::uint64_t, std::uint64_t> places;  // of lines, by their number
    std::map<std::uint64_t, std::uint64_t> lives;   // places of signs of life, by their time
    for (std::uint64_t i = begin; i < begin + layout.part; ++i) {
        const auto bytes = read(i);
        const auto block = read_block(bytes, Seal::checksum());
        if (!block) {
            run.damaged += is_blank(bytes) ? 0 : 1;
            continue;
        }
        if (!owner || block->generation > owner->generation) {  // what was found before is an earlier run's
            owner = Owner{block->generation, block->boot, block->run};
            places.clear();
            lives.clear();
        }
        if (!is_of(*block, *owner)) {
            continue;
        }
        run.host = block->host;
        if (block->kind == EvidenceBlock::Kind::lines) {
            places.emplace(block->sequence, i);
        } else {
            lives.emplace(block->uptime_ns, i);
        }
    }
    if (!owner) {
        return std::nullopt;
    }
    run.boot = owner->boot;
    run.run = owner->run;
    run.generation = owner->generation;
    RunJoiner joiner(run);
    for (const auto& [sequence, place] : places) {
        if (const auto block = read_block(read(place), Seal::checksum())) {
            joiner.lines(*block);
        }
    }
    if (!lives.empty()) {
        if (const auto block = read_block(read(lives.rbegin()->second), Seal::checksum())) {
            joiner.life(*block, false);
        }
    }
    joiner.finish();
    return run;
}

/// Where in a device or a file the journal begins.
Result<std::uint64_t> offset_in(const Fd& file, const fs::path& path) {
    struct stat found {};
    if (::fstat(file.get(), &found) != 0) {
        return fail_errno(path.string());
    }
    if (S_ISBLK(found.st_mode)) {
        return kDeviceDataOffset;
    }
    if (!S_ISREG(found.st_mode)) {
        return fail(Fault::usage, fmt::format("{} is neither a disk nor a file", path.string()));
    }
    // A copy of a whole disk is as good as the disk.
    const auto header = read_device_header(file.get());
    return header && *header ? kDeviceDataOffset : std::uint64_t{0};
}

}  // namespace

std::vector<SurvivingRun> read_journal(const ReadsBlock& read, const JournalLayout& layout, std::string_view source) {
    std::vector<SurvivingRun> runs;
    for (std::uint64_t part = 0; part < JournalLayout::kParts; ++part) {
        if (auto run = read_part(read, layout, part, source)) {
            runs.push_back(std::move(*run));
        }
    }
    std::ranges::sort(runs, std::greater<>(), &SurvivingRun::generation);
    return runs;
}

Result<std::vector<SurvivingRun>> read_journal(const fs::path& path) {
    const Fd file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    if (!file.valid()) {
        return fail(Error::from_errno(errno, path.string(), Fault::usage));
    }
    const auto offset = offset_in(file, path);
    if (!offset) {
        return fail(offset.error());
    }
    std::string buffer(JournalLayout::kBlock, '\0');
    const ReadsBlock read = [&](std::uint64_t number) {
        const auto at = static_cast<off_t>(*offset + number * JournalLayout::kBlock);
        const auto size = ::pread(file.get(), buffer.data(), buffer.size(), at);
        return std::string_view(buffer).substr(0, size < 0 ? 0 : static_cast<std::size_t>(size));
    };
    const auto layout = read_journal_head(read(0));
    if (!layout) {
        return fail(Error(Fault::usage, fmt::format("{} holds no journal of blkhang's", path.string()))
                        .hint("name what 'blkhang watch --journal' was given"));
    }
    return read_journal(read, *layout, fmt::format("journal {}", path.string()));
}

}  // namespace blkhang
