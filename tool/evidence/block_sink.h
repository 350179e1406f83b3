// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "evidence/block_writer.h"
#include "run/evidence_sink.h"

namespace blkhang {

/// Evidence on its way out of a host that may freeze: into a journal, or to a collector. Sending makes a line of text
/// and puts it into a queue; a thread that nobody waits for does the rest.
class BlockSink final : public EvidenceSink {
public:
    explicit BlockSink(std::unique_ptr<BlockWriter> writer) : writer_(std::move(writer)) {}

    /// A journal: see open_journal_place(). Something is in it when this returns.
    static Result<BlockSink> to_journal(const std::filesystem::path& path, const WriterIdentity& identity);
    /// A collector at that address, as NetworkAddress reads it, with the key that it shares.
    static Result<BlockSink> to_collector(const std::string& address, std::string_view key,
                                          const WriterIdentity& identity);

    void send(const Observation& observation) override;
    /// Goes before all else that is still to be written. False: even so there was no room.
    bool send_at_once(std::string_view short_proof) override;
    [[nodiscard]] std::vector<seen::Tier::Missing> missing() const override { return writer_->missing(); }

private:
    std::unique_ptr<BlockWriter> writer_;
};

/// Where evidence is to go, as a user names it; empty for nowhere.
struct EvidencePlaces {
    std::filesystem::path journal;
    std::string collector;      ///< an address
    std::filesystem::path key;  ///< of the collector's
};
/// Opens them, for one run that begins now: the sinks tell that they are of the same.
Result<std::vector<std::unique_ptr<EvidenceSink>>> open_evidence(const EvidencePlaces& places);

/// What the line of this observation is for.
Weight weight_of(const Observation& observation);

}  // namespace blkhang
