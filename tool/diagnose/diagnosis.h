// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "diagnose/circle.h"
#include "judge/judge.h"
#include "kernels/members.h"
#include "klog/story.h"

namespace blkhang {

/// What a log of a freeze comes to: the first of these that it bears out.
enum class Answer {
    proven,      ///< a deadlock, by what the log says and nothing else
    fits,        ///< the circle of a known member, one edge of which at least is inferred; or lockdep's claim of it
    family,      ///< locks of the family, and no circle of a known member
    awaits,      ///< all wait for one disk, server or for memory, and nobody holds it
    not_family,  ///< the log names another cause
    too_little
};
std::string_view to_string(Answer answer);

/// How a run would have ended that showed as much.
Verdict verdict_of(Answer answer);

struct Diagnosis {
    Answer answer = Answer::too_little;
    std::string release;                ///< of the kernel; empty if the log does not say
    std::string headline;               ///< the answer in a sentence
    std::vector<std::string> reasons;   ///< why, a sentence each
    std::optional<Deadlock> circle;     ///< times are not known
    std::vector<std::string> inferred;  ///< what of it the log does not say itself
    const MemberKnowledge* member = nullptr;
    std::vector<std::string> about_member;  ///< versions, fix, what to do until then, how to provoke it
    /// Tasks that are blocked, as last seen, each once; those of the circle first.
    struct Task {
        std::int32_t pid;
        std::string comm;
        std::optional<char> state;
        std::string waits_for;           ///< in words; empty if its stack tells nothing
        std::vector<std::string> holds;  ///< in words
        bool in_circle = false;
        bool unmoved = false;  ///< several looks, seconds apart, found it in the same place
        Stack stack;
    };
    std::vector<Task> tasks;
    struct Warning {
        std::string headline, what, disks, provoke;
    };
    std::vector<Warning> lockdep;
    std::vector<std::string> next;  ///< what to capture next time, and how, where that would tell more
    std::uint64_t left_out = 0;     ///< lines of the log that were beyond the limits
};

/// Pure: the same story gives the same diagnosis. `release` goes before what the story says of the kernel.
Diagnosis diagnose(const LogStory& story, std::string_view release = {});

}  // namespace blkhang
