// SPDX-License-Identifier: GPL-2.0-only
#include "record/stream.h"

#include <array>

#include "base/limits.h"
#include "record/archive.h"

namespace blkhang {

template <class Archive, Of<seen::Hello> T>
void fields(Archive& archive, T& hello) {
    archive("at_ns", hello.at_ns)("release", hello.release)("version", hello.version)("machine", hello.machine)(
        "tool_version", hello.tool_version)("tool_commit", hello.tool_commit)("taint", hello.taint)("fingerprints",
                                                                                                    hello.fingerprints);
}
template <class Archive, Of<seen::Tier::Missing> T>
void fields(Archive& archive, T& missing) {
    archive("what", missing.what)("why", missing.why);
}
template <class Archive, Of<seen::Tier> T>
void fields(Archive& archive, T& tier) {
    archive("used", tier.used)("attached", tier.attached)("missing", tier.missing)("scopes", tier.scopes);
}
template <class Archive, Of<seen::Phase> T>
void fields(Archive& archive, T& phase) {
    archive("at_ns", phase.at_ns)("name", phase.name);
}
template <class Archive, Of<seen::Edge> T>
void fields(Archive& archive, T& edge) {
    archive("at_ns", edge.at_ns)("outer", edge.outer)("inner", edge.inner)("pid", edge.pid)("comm", edge.comm)(
        "gfp", edge.gfp)("disk", edge.disk)("stack", edge.stack);
}
template <class Archive, Of<seen::Counters::EdgeCount> T>
void fields(Archive& archive, T& edge) {
    archive("outer", edge.outer)("inner", edge.inner)("count", edge.count);
}
template <class Archive, Of<seen::Counters> T>
void fields(Archive& archive, T& counters) {
    archive("at_ns", counters.at_ns)("edges", counters.edges)("coverage", counters.coverage)("load", counters.load)(
        "lost_events", counters.lost_events);
}
/// Two members of what tells of it.
template <class Archive, Of<Awaited> T>
Archive& kind_and_what(Archive& archive, T& awaited) {
    auto kind = awaited.kind;
    auto what = to_string(awaited);
    archive("kind", kind)("what", what);
    if constexpr (!std::is_const_v<T>) {
        awaited = awaited_from(kind, what);
    }
    return archive;
}
template <class Archive, Of<seen::Wait> T>
void fields(Archive& archive, T& wait) {
    archive("at_ns", wait.at_ns)("pid", wait.pid)("comm", wait.comm);
    kind_and_what(archive, wait.what)("holder_pid", wait.holder_pid)("owns_percpu_mutex", wait.owns_percpu_mutex)(
        "owns", wait.owns)("reclaims", wait.reclaims)("stack", wait.stack);
}
template <class Archive, Of<seen::Wake> T>
void fields(Archive& archive, T& wake) {
    archive("at_ns", wake.at_ns)("pid", wake.pid);
    kind_and_what(archive, wake.what);
}
template <class Archive, Of<seen::Tick> T>
void fields(Archive& archive, T& tick) {
    archive("at_ns", tick.at_ns);
}
template <class Archive, Of<seen::ProofWritten> T>
void fields(Archive& archive, T& written) {
    archive("at_ns", written.at_ns);
}
template <class Archive, Of<seen::BlockedTask> T>
void fields(Archive& archive, T& task) {
    archive("at_ns", task.at_ns)("pid", task.pid)("comm", task.comm)("state", task.state)("stack", task.stack);
}
template <class Archive, Of<seen::Recovery> T>
void fields(Archive& archive, T& recovery) {
    archive("at_ns", recovery.at_ns)("recovered", recovery.recovered)("detail", recovery.detail);
}
template <class Archive, Of<seen::Unsupported> T>
void fields(Archive& archive, T& unsupported) {
    archive("reasons", unsupported.reasons);
}
template <class Archive, Of<seen::Failure> T>
void fields(Archive& archive, T& failure) {
    archive("message", failure.message);
}
template <class Archive, Of<seen::Kmsg> T>
void fields(Archive& archive, T& kmsg) {
    archive("at_ns", kmsg.at_ns)("level", kmsg.level)("text", kmsg.text);
}
template <class Archive, Of<seen::Note> T>
void fields(Archive& archive, T& note) {
    archive("at_ns", note.at_ns)("text", note.text);
}
template <class Archive, Of<seen::Freeze> T>
void fields(Archive& archive, T& freeze) {
    archive("at_ns", freeze.at_ns)("pid", freeze.pid)("comm", freeze.comm)("disk", freeze.disk)("frozen",
                                                                                                freeze.frozen);
}
template <class Archive, Of<seen::Kill> T>
void fields(Archive& archive, T& kill) {
    archive("at_ns", kill.at_ns)("pid", kill.pid);
}
template <class Archive, Of<seen::Proof> T>
void fields(Archive& archive, T& proof) {
    archive("closed_ns", proof.closed_ns)("detected_ns", proof.detected_ns)("waits", proof.waits)("freezes",
                                                                                                  proof.freezes);
}
template <class Archive, Of<seen::End> T>
void fields(Archive& archive, T& end) {
    archive("at_ns", end.at_ns)("taint", end.taint);
}

namespace {

template <class One>
Result<Observation> decode_as(const Json& json) {
    One one{};
    JsonReader reader(json);
    fields(reader, one);
    if (!reader.error().empty()) {
        return fail(Fault::broken, fmt::format("{} observation: {}", One::kWireName, reader.error()));
    }
    return Observation(std::move(one));
}

template <std::size_t... I>
Result<Observation> decode_type(std::string_view type, const Json& json, std::index_sequence<I...> /*all*/) {
    struct Known {
        std::string_view name;
        Result<Observation> (*decoded)(const Json&);
    };
    constexpr std::array<Known, sizeof...(I)> kKnown{Known{std::variant_alternative_t<I, Observation>::kWireName,
                                                           &decode_as<std::variant_alternative_t<I, Observation>>}...};
    for (const auto& known : kKnown) {
        if (known.name == type) {
            return known.decoded(json);
        }
    }
    return fail(Fault::broken, fmt::format("unknown type of observation \"{}\"", type));
}

/// What is longer than it can be in a kernel; empty if nothing is.
std::string beyond_limits(const Json& json, std::size_t longest_text) {
    if (json.is_string()) {
        const auto size = json.get_ref<const std::string&>().size();
        return size > longest_text ? fmt::format("a text of {} bytes", size) : "";
    }
    if (!json.is_structured()) {
        return {};
    }
    if (json.size() > limits::kElements) {
        return fmt::format("a list of {} elements", json.size());
    }
    for (const auto& element : json) {
        if (auto what = beyond_limits(element, longest_text); !what.empty()) {
            return what;
        }
    }
    return {};
}

}  // namespace

std::string_view type_of(const Observation& observation) {
    return std::visit([](const auto& one) { return one.kWireName; }, observation);
}

std::string_view type_of(std::string_view line) {
    constexpr std::string_view kBefore = R"({"t":")";
    if (!line.starts_with(kBefore)) {
        return {};
    }
    line.remove_prefix(kBefore.size());
    const auto end = line.find('"');
    return end == std::string_view::npos ? std::string_view() : line.substr(0, end);
}

std::string encode(const Observation& observation) {
    Json json = Json::object();
    json["t"] = type_of(observation);
    JsonWriter writer(json);
    std::visit([&writer](const auto& one) { fields(writer, one); }, observation);
    return to_line(json);
}

Result<Observation> decode(std::string_view line) {
    const Json json = parse_json(line);
    if (json.is_discarded() || !json.is_object()) {
        return fail(Fault::broken, "damaged line of the evidence stream: not a JSON object");
    }
    const auto type = json.find("t");
    if (type == json.end() || !type->is_string()) {
        return fail(Fault::broken, "damaged line of the evidence stream: no type");
    }
    const auto& name = type->get_ref<const std::string&>();
    if (const auto what = beyond_limits(json, limits::quota_of(name).text); !what.empty()) {
        return fail(Fault::broken, fmt::format("damaged line of the evidence stream: it holds {}", what));
    }
    return decode_type(name, json, std::make_index_sequence<std::variant_size_v<Observation>>{});
}

}  // namespace blkhang
