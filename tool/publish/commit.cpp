// SPDX-License-Identifier: GPL-2.0-only
#include "publish/commit.h"

#include <fmt/format.h>

#include "base/process.h"
#include "base/words.h"

namespace blkhang {
namespace {

constexpr auto kShowPatience = std::chrono::seconds(20);

/// The next line of a text, which it is taken off.
std::string next_line(std::string& text) {
    const auto end = std::min(text.find('\n'), text.size());
    std::string line = text.substr(0, end);
    text.erase(0, std::min(end + 1, text.size()));
    return line;
}

}  // namespace

Result<BisectedCommit> commit_in(const std::filesystem::path& tree, const std::string& hash) {
    constexpr const char* kAsked = "%H%n%s%n%an <%ae>%n%(trailers:key=Signed-off-by,valueonly)";
    auto told = command_stdout({"git", "-C", tree.string(), "show", "--no-patch", "--no-show-signature",
                                fmt::format("--format={}", kAsked), hash + "^{commit}"},
                               Deadline::after(kShowPatience));
    if (!told) {
        return fail(Error(told.error())
                        .within(fmt::format("--bisected {}", hash))
                        .hint(fmt::format("{} has to be the git repository that was bisected", tree.string())));
    }
    BisectedCommit commit;
    commit.hash = next_line(*told);
    commit.subject = next_line(*told);
    while (!told->empty()) {
        if (const std::string person = next_line(*told); is_recipient(person)) {
            add_once(commit.people, person);
        }
    }
    return commit;
}

Status check_commit(std::string_view said, const Upstream& kernel) {
    if (said.empty() || kernel.commit.empty() || same_commit(kernel.commit, said)) {
        return {};
    }
    return fail(Fault::usage,
                fmt::format("--commit {}: the kernel says itself that it was built from {}", said, kernel.commit));
}

}  // namespace blkhang
