// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

/// What all fuzzing harnesses have in common. Each is one file in harnesses/, which has its
/// name; see ci/fuzz/run.
namespace blkhang::fuzz {

/// What inputs look like, which says how new ones are made of known ones.
enum class Shape {
    bytes,       ///< anything
    lines,       ///< of text: lines are repeated, dropped and exchanged, too
    json,        ///< one value: members and elements are, too, so that most inputs stay valid
    json_lines,  ///< one such value on each line
};

/// One parser, or one renderer, of what strangers send.
struct Harness {
    std::string_view name;
    Shape shape = Shape::bytes;
    std::size_t longest = 4096;  ///< input, in bytes: long enough for all that the parser knows, and no longer
    /// Whatever the input, it returns: no fault, no exception, nothing that require() finds wrong.
    std::function<void(std::string_view input)> attempt;
    /// Inputs to begin with.
    std::function<std::vector<std::string>()> seeds;
    /// Words that bytes alone would hardly hit upon.
    std::function<std::vector<std::string>()> words = [] { return std::vector<std::string>{}; };
};

/// Makes a harness known by its name.
struct Registered {
    explicit Registered(Harness harness);
};

/// Ends the process as a finding unless it holds.
void require(bool holds, std::string_view what);

/// A file in memory with that content; the path is valid until the next call.
std::string file_with(std::string_view content);

/// The texts of the files DIR/*ENDING and below in the sources.
std::vector<std::string> files(std::string_view directory, std::string_view ending);
/// Each text cut between lines into pieces of at most `longest` bytes; of a line that is longer, its beginning.
std::vector<std::string> pieces(const std::vector<std::string>& texts, std::size_t longest);

/// Calls back with each line, without its newline; also with the last, whose newline may be missing.
void each_line(std::string_view text, const std::function<void(std::string_view)>& line);

}  // namespace blkhang::fuzz
