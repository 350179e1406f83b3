// SPDX-License-Identifier: GPL-2.0-only
// All harnesses in one program, so that one link is enough. libFuzzer's main() takes its options from the command line;
// what it leaves to us comes by the environment, which it hands on to the processes that it starts:
//
//     BLKHANG_FUZZ=NAME        which harness; without, the names are listed
//     BLKHANG_FUZZ_SEEDS=DIR   write its seeds and its dictionary there, and do no more
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <map>

#include "base/file.h"
#include "harness.h"
#include "mutate.h"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t longest);

namespace blkhang::fuzz {
namespace {

std::map<std::string_view, Harness>& harnesses() {
    static std::map<std::string_view, Harness> all;
    return all;
}

const Harness* chosen = nullptr;

/// What strangers send must not cost more than it is worth. By the clock of the processor: on a machine with much else
/// to do, any input takes long by the other one, which libFuzzer looks at (-timeout).
constexpr double kLongestCpuSeconds = 5;

double cpu_seconds() {
    timespec now{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

/// As libFuzzer's dictionaries have them.
std::string entry(std::string_view word) {
    std::string text;
    for (const char c : word) {
        text += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    }
    return fmt::format("\"{}\"\n", text);
}

void write_seeds(const std::filesystem::path& directory) {
    std::filesystem::create_directories(directory / "seeds");
    std::size_t number = 0;
    for (const auto& seed : chosen->seeds()) {
        require(write_file(directory / "seeds" / fmt::format("{:04}", number++), seed).has_value(), "cannot write");
    }
    std::string dictionary;
    for (const auto& word : chosen->words()) {
        dictionary += entry(word);
    }
    require(write_file(directory / "dictionary", dictionary).has_value(), "cannot write");
}

void choose() {
    const char* name = std::getenv("BLKHANG_FUZZ");
    const auto found = harnesses().find(name == nullptr ? "" : name);
    if (found == harnesses().end()) {
        for (const auto& [known, harness] : harnesses()) {
            fmt::print("{}\n", known);
        }
        std::exit(name == nullptr ? 0 : 2);
    }
    chosen = &found->second;
    if (const char* directory = std::getenv("BLKHANG_FUZZ_SEEDS"); directory != nullptr) {
        write_seeds(directory);
        std::exit(0);
    }
}

/// In place, as libFuzzer wants it.
std::string mutated_bytes(std::string text, std::size_t longest) {
    const std::size_t size = std::min(text.size(), longest);
    text.resize(longest);
    text.resize(LLVMFuzzerMutate(reinterpret_cast<std::uint8_t*>(text.data()), size, longest));
    return text;
}

}  // namespace

Registered::Registered(Harness harness) { harnesses().emplace(harness.name, std::move(harness)); }

}  // namespace blkhang::fuzz

using namespace blkhang::fuzz;

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
    choose();
    spdlog::set_level(spdlog::level::off);
    // Of an option the last counts: this goes before those of the command line.
    static std::vector<char*> arguments(*argv, *argv + *argc);
    static std::string longest = fmt::format("-max_len={}", chosen->longest);
    arguments.insert(arguments.begin() + 1, longest.data());
    *argc = static_cast<int>(arguments.size());
    arguments.push_back(nullptr);
    *argv = arguments.data();
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const double began = cpu_seconds();
    chosen->attempt({reinterpret_cast<const char*>(data), size});
    require(cpu_seconds() - began < kLongestCpuSeconds, "an input costs too much time");
    return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t longest,
                                               unsigned seed) {
    Random random(seed);
    const auto mutate_bytes = [longest](std::string text) {
        const std::size_t room = std::min(longest, text.size() + 64);
        return mutated_bytes(std::move(text), room);
    };
    const auto result = mutated({reinterpret_cast<const char*>(data), size}, chosen->shape, random, mutate_bytes);
    const std::size_t length = std::min(result.size(), longest);
    std::memcpy(data, result.data(), length);
    return length;
}
