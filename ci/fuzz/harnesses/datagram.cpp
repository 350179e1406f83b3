// SPDX-License-Identifier: GPL-2.0-only
// Datagrams as they come: a stranger's, which leave nothing; and those of a host that has the key, in any order.
#include <algorithm>

#include "evidence/reassembly.h"
#include "harness.h"

namespace blkhang::fuzz {
namespace {

const Seal kKey = Seal::keyed("a key of sixteen bytes or more");

/// The input says, for datagram after datagram: how far its number goes on, how late it is, and what is in it.
void receive(std::string_view input) {
    Reassembly order;
    std::uint64_t now_ns = 0;
    std::uint64_t sequence = 1;
    std::uint64_t reached = 1;
    const Reassembly::Sink sink{.line = [](std::string_view) {},
                                .gap =
                                    [&](std::uint64_t first, std::uint64_t last) {
                                        require(first <= last && first >= reached, "gaps are told once, in order");
                                        reached = last + 1;
                                    }};
    while (input.size() > 4) {
        const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(input[at]); };
        sequence = std::max<std::int64_t>(1, static_cast<std::int64_t>(sequence) + byte(0) % 16 - 6);
        now_ns += std::uint64_t{byte(1)} << 24U;
        const auto length = std::min<std::size_t>(byte(2) * 4U, input.size() - 4);
        EvidenceBlock block;
        block.sequence = byte(3) == 255 ? UINT64_MAX / 2 : sequence;
        block.host = input.substr(4, std::min<std::size_t>(length, byte(3) % 65U));
        block.payload = input.substr(4, length);
        std::string bytes(2048, '\0');
        bytes.resize(write_block(block, kKey, bytes));
        const auto read = read_block(bytes, kKey);
        require(read && read->payload == block.payload && read->host == block.host, "what was written is read");
        const auto before = order.next();
        const auto arrival = order.add(*read, now_ns, sink);
        require(arrival == Reassembly::Arrival::fresh || order.next() == before, "what came twice changes nothing");
        order.time_is(now_ns, sink);
        input.remove_prefix(4 + length);
    }
    order.finish(sink);
    require(!order.is_waiting(), "in the end nothing waits");
}

}  // namespace

const Registered kDatagram{{
    .name = "datagram",
    .longest = 2048,
    .attempt =
        [](std::string_view input) {
            require(!read_block(input, kKey), "nobody can make a seal without the key");
            receive(input);
        },
    .seeds =
        [] {
            std::string text("\x07\x01\x02\x04\x05\xc0tick1", 11);
            text += std::string("\x08\x40\x02\x04\x05\xc0tick2", 11);
            std::string block(1200, '\0');
            EvidenceBlock sample;
            sample.host = "kvm7";
            block.resize(write_block(sample, Seal::checksum(), block));
            return std::vector<std::string>{text, text + text + text, block};
        },
}};

}  // namespace blkhang::fuzz
