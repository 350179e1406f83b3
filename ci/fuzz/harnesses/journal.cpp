// SPDX-License-Identifier: GPL-2.0-only
// A journal of a machine that froze, with parts of it torn: what is read of it was written, and goes into a record.
#include <algorithm>

#include "base/limits.h"
#include "evidence/joined_run.h"
#include "evidence/journal_reader.h"
#include "harness.h"

namespace blkhang::fuzz {
namespace {

const JournalLayout kLayout = JournalLayout::of(JournalLayout::kSmallest);

/// The input says, for block after block: where it stands, what it is, and what is in it. Seals are made good, so that
/// what is behind them is reached; every seventh block is torn instead.
std::vector<std::string> blocks_of(std::string_view input) {
    std::vector<std::string> blocks(kLayout.blocks());
    for (std::size_t number = 0; input.size() > 8; ++number) {
        const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(input[at]); };
        EvidenceBlock block;
        block.kind = byte(1) % 4 == 0 ? EvidenceBlock::Kind::life : EvidenceBlock::Kind::lines;
        block.generation = byte(2) % 4U;
        block.sequence = byte(3);
        block.uptime_ns = std::uint64_t{byte(4)} << 30U;
        block.boot.fill(byte(5) % 2U);
        block.run.fill(byte(5) % 3U);
        block.host = "kvm7";
        const auto length = std::min<std::size_t>(byte(6) * 4U, input.size() - 8);
        block.payload = input.substr(8, length);
        std::string bytes(JournalLayout::kBlock, '\0');
        write_block(block, Seal::checksum(), bytes, bytes.size());
        if (number % 7 == 6) {
            bytes[bytes.size() / 2] ^= 1;
        }
        blocks.at(1 + (byte(0) + std::size_t{byte(7)} * 256) % (blocks.size() - 1)) = std::move(bytes);
        input.remove_prefix(8 + length);
    }
    return blocks;
}

void check(const SurvivingRun& run) {
    require(std::ranges::is_sorted(run.gaps) && (run.gaps.empty() || run.gaps.back() <= run.lines.size()),
            "gaps are between lines");
    for (const std::string& line : run.lines) {
        require(line.size() <= limits::kLine, "no line is longer than any may be");
    }
}

}  // namespace

const Registered kJournal{{
    .name = "journal",
    .longest = 4096,
    .attempt =
        [](std::string_view input) {
            static_cast<void>(read_journal_head(input));
            require(!read_block(input, Seal::keyed("a key that nobody has")), "what has no seal is nobody's");
            const auto blocks = blocks_of(input);
            const auto runs = read_journal([&](std::uint64_t number) { return std::string_view(blocks.at(number)); },
                                           kLayout, "journal");
            for (const auto& run : runs) {
                check(run);
                check(joined(run, runs.front()));
            }
            require(runs.size() <= JournalLayout::kParts, "each part has one run");
            require(choose_run(runs, EvidenceId{}, "", "kvm7").has_value(), "there is one host");
        },
    .seeds =
        [] {
            std::string text("\x20\x01\x01\x01\x01\x01\x03\x00\x05\xc0tick1", 15);
            text += std::string("\x21\x01\x01\x02\x02\x01\x03\x00\x05\xc0tick2", 15);
            text += std::string("\x01\x00\x01\x02\x03\x01\x00\x00", 8);
            const auto head = journal_head(kLayout);
            return std::vector<std::string>{text, text + text, std::string(head.data(), head.size())};
        },
}};

}  // namespace blkhang::fuzz
