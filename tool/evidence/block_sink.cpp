// SPDX-License-Identifier: GPL-2.0-only
#include "evidence/block_sink.h"

#include <utility>

#include "evidence/journal.h"
#include "evidence/journal_place.h"
#include "evidence/key.h"
#include "evidence/udp_outlet.h"
#include "judge/dispatch.h"
#include "record/stream.h"

namespace blkhang {
namespace {

Result<BlockSink> started(std::unique_ptr<BlockOutlet> outlet, const WriterIdentity& identity) {
    auto writer = BlockWriter::start(std::move(outlet), identity);
    if (!writer) {
        return fail(writer.error());
    }
    return BlockSink(std::move(*writer));
}

}  // namespace

Result<BlockSink> BlockSink::to_journal(const std::filesystem::path& path, const WriterIdentity& identity) {
    auto place = open_journal_place(path);
    if (!place) {
        return fail(place.error());
    }
    auto journal = JournalOutlet::make(std::move(place->file), std::move(place->held), place->offset, place->layout,
                                       identity.boot);
    if (!journal) {
        return fail_within(journal.error(), path.string());
    }
    return started(std::move(*journal), identity);
}

Result<BlockSink> BlockSink::to_collector(const std::string& address, std::string_view key,
                                          const WriterIdentity& identity) {
    const auto collector = NetworkAddress::parse(address);
    if (!collector) {
        return fail(collector.error());
    }
    auto outlet = UdpOutlet::open(*collector, key);
    if (!outlet) {
        return fail(outlet.error());
    }
    return started(std::move(*outlet), identity);
}

Result<std::vector<std::unique_ptr<EvidenceSink>>> open_evidence(const EvidencePlaces& places) {
    std::vector<std::unique_ptr<EvidenceSink>> sinks;
    const auto identity = WriterIdentity::of_this_machine();
    if (!identity) {
        return fail(identity.error());
    }
    if (places.collector.empty() != places.key.empty()) {
        return fail(Error(Fault::usage, "--collector and --key go together")
                        .hint("the key is the one that 'blkhang collect' was given"));
    }
    if (!places.journal.empty()) {
        auto journal = BlockSink::to_journal(places.journal, *identity);
        if (!journal) {
            return fail(journal.error());
        }
        sinks.push_back(std::make_unique<BlockSink>(std::move(*journal)));
    }
    if (!places.collector.empty()) {
        const auto key = read_key(places.key);
        if (!key) {
            return fail(key.error());
        }
        auto collector = BlockSink::to_collector(places.collector, *key, *identity);
        if (!collector) {
            return fail(collector.error());
        }
        sinks.push_back(std::make_unique<BlockSink>(std::move(*collector)));
    }
    return sinks;
}

Weight weight_of(const Observation& observation) {
    if (is_one_of<seen::Proof, seen::ProofWritten>(observation)) {
        return Weight::proof;
    }
    const bool opens =
        is_one_of<seen::Hello, seen::Tier, seen::Phase, seen::Unsupported, seen::Failure, seen::End>(observation);
    return opens ? Weight::opening : Weight::passing;
}

void BlockSink::send(const Observation& observation) { writer_->put(encode(observation), weight_of(observation)); }

bool BlockSink::send_at_once(std::string_view short_proof) { return writer_->put_first(short_proof); }

}  // namespace blkhang
