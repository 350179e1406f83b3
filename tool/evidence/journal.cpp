// SPDX-License-Identifier: GPL-2.0-only
#include "evidence/journal.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "evidence/aligned.h"
#include "evidence/little_endian.h"

namespace blkhang {
namespace {

constexpr std::string_view kJournalMagic{"blkhangJ", 8};
constexpr std::uint64_t kJournalVersion = 1;

/// Whose part it is, as its signs of life and the run's beginning say; nothing if it is free.
struct Tenant {
    std::uint64_t generation = 0;
    EvidenceId boot{};
    bool has_proof = false;
    /// What gives way first.
    [[nodiscard]] std::pair<bool, std::uint64_t> rank() const { return {has_proof, generation}; }
};

constexpr std::uint64_t kBeforeProofs = JournalLayout::kLife + JournalLayout::kOpening;

Result<std::optional<Tenant>> tenant_of(const Fd& file, std::uint64_t offset, const JournalLayout& layout,
                                        std::uint64_t part) {
    AlignedBuffer buffer((kBeforeProofs + 1) * JournalLayout::kBlock);
    const auto at = static_cast<off_t>(offset + layout.first_of(part) * JournalLayout::kBlock);
    const auto size = ::pread(file.get(), buffer.data(), buffer.size(), at);
    if (size < 0) {
        return fail_errno("reading the journal");
    }
    std::optional<Tenant> tenant;
    const std::string_view read(buffer.data(), static_cast<std::size_t>(size));
    for (std::size_t from = 0; from + JournalLayout::kBlock <= read.size(); from += JournalLayout::kBlock) {
        const auto block = read_block(read.substr(from, JournalLayout::kBlock), Seal::checksum());
        if (block && (!tenant || block->generation >= tenant->generation)) {
            tenant = Tenant{block->generation, block->boot, from == kBeforeProofs * JournalLayout::kBlock};
        }
    }
    return tenant;
}

/// The evidence of an earlier boot is what a journal is for, and a proof above all: a watcher that is started again and
/// again in this one overwrites what it has left itself.
std::uint64_t part_to_take(const std::vector<std::optional<Tenant>>& tenants, const EvidenceId& boot) {
    std::optional<std::uint64_t> oldest, own;
    std::uint64_t own_count = 0;
    for (std::uint64_t part = 0; part < tenants.size(); ++part) {
        const auto& tenant = tenants[part];
        if (!tenant) {
            return part;
        }
        const auto is_older = [&](const std::optional<std::uint64_t>& than) {
            return !than || tenant->rank() < tenants[*than]->rank();
        };
        if (tenant->boot == boot) {
            ++own_count;
            own = is_older(own) ? part : own;
        } else {
            oldest = is_older(oldest) ? part : oldest;
        }
    }
    return own_count > 1 || !oldest ? *own : *oldest;
}

}  // namespace

std::array<char, JournalLayout::kBlock> journal_head(const JournalLayout& layout) {
    std::array<char, JournalLayout::kBlock> head{};
    std::memcpy(head.data(), kJournalMagic.data(), kJournalMagic.size());
    char* at = head.data() + kJournalMagic.size();
    for (const std::uint64_t number :
         {kJournalVersion, std::uint64_t{JournalLayout::kBlock}, JournalLayout::kParts, layout.part}) {
        put_number(at, number);
    }
    const std::size_t sealed = head.size() - Seal::kSize;
    Seal::checksum().make({head.data(), sealed}, &head[sealed]);
    return head;
}

std::optional<JournalLayout> read_journal_head(std::string_view block) {
    if (block.size() != JournalLayout::kBlock || !block.starts_with(kJournalMagic)) {
        return std::nullopt;
    }
    const std::size_t sealed = block.size() - Seal::kSize;
    if (!Seal::checksum().is_good(block.substr(0, sealed), block.substr(sealed))) {
        return std::nullopt;
    }
    const char* at = block.data() + kJournalMagic.size();
    bool is_ours = true;
    for (const std::uint64_t number : {kJournalVersion, std::uint64_t{JournalLayout::kBlock}, JournalLayout::kParts}) {
        is_ours = get_number<std::uint64_t>(at) == number && is_ours;
    }
    const JournalLayout layout{get_number<std::uint64_t>(at)};
    const bool makes_sense = layout.part >= JournalLayout::of(JournalLayout::kSmallest).part &&
                             layout.part <= JournalLayout::of(JournalLayout::kLargest).part;
    return is_ours && makes_sense ? std::optional(layout) : std::nullopt;
}

Result<std::unique_ptr<JournalOutlet>> JournalOutlet::make(Fd file, Fd held, std::uint64_t offset, JournalLayout layout,
                                                           const EvidenceId& boot) {
    std::vector<std::optional<Tenant>> tenants;
    std::uint64_t latest = 0;
    for (std::uint64_t part = 0; part < JournalLayout::kParts; ++part) {
        auto tenant = tenant_of(file, offset, layout, part);
        if (!tenant) {
            return fail(tenant.error());
        }
        latest = std::max(latest, *tenant ? (*tenant)->generation : 0);
        tenants.push_back(*tenant);
    }
    return std::unique_ptr<JournalOutlet>(
        new JournalOutlet(std::move(file), std::move(held), offset, layout, part_to_take(tenants, boot), latest + 1));
}

std::uint64_t JournalOutlet::place_for(EvidenceBlock::Kind kind, Weight weight) {
    if (kind == EvidenceBlock::Kind::life) {
        return lives_++ % JournalLayout::kLife;
    }
    if (weight == Weight::proof && behind_proof_.value_or(layout_.proofs()) >= layout_.proofs()) {
        behind_proof_ = 0;
    }
    if (behind_proof_ && *behind_proof_ < layout_.proofs()) {
        return kBeforeProofs + (*behind_proof_)++;
    }
    if (weight == Weight::opening && opened_ < JournalLayout::kOpening) {
        return JournalLayout::kLife + opened_++;
    }
    return kBeforeProofs + layout_.proofs() + in_ring_++ % layout_.ring();
}

int JournalOutlet::put(std::string_view bytes, EvidenceBlock::Kind kind, Weight weight) {
    const std::uint64_t block = layout_.first_of(part_) + place_for(kind, weight);
    const auto at = static_cast<off_t>(offset_ + block * JournalLayout::kBlock);
    for (;;) {
        const ssize_t written = ::pwrite(file_.get(), bytes.data(), bytes.size(), at);
        if (written == static_cast<ssize_t>(bytes.size())) {
            return 0;
        }
        if (written >= 0) {
            return EIO;
        }
        if (errno != EINTR) {
            return errno;
        }
    }
}

}  // namespace blkhang
