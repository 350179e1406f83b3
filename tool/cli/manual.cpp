// SPDX-License-Identifier: GPL-2.0-only
#include "cli/manual.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "base/words.h"
#include "cli/options.h"
#include "cli/values.h"

namespace blkhang {
namespace {

namespace po = boost::program_options;

constexpr std::size_t kWidth = 80;
constexpr std::size_t kIndent = 7;
constexpr std::size_t kDeeper = 17;

class Page {
public:
    explicit Page(bool colour) : colour_(colour) {}

    void section(const std::string& title) {
        if (!text_.empty()) {
            text_ += '\n';
        }
        text_ += bold(title) + "\n";
    }
    void line(const std::string& text) { text_ += std::string(kIndent, ' ') + text + "\n"; }
    void gap() { text_ += '\n'; }
    /// Fills lines with the words of `text`.
    void paragraph(const std::string& text, std::size_t indent = kIndent) {
        fill(std::string(indent, ' '), words_of(text), indent);
    }
    /// The text beside the tag, or below it where the tag is long.
    void term(const Command::Term& term) {
        if (term.tag.size() + 2 > kDeeper - kIndent) {
            line(bold(term.tag));
            paragraph(term.text, kDeeper);
        } else {
            fill(fmt::format("{:{}}{:<{}}", "", kIndent, term.tag, kDeeper - kIndent), words_of(term.text), kDeeper);
        }
    }
    /// Puts the pieces after `head`, as many on a line as fit; further lines are indented.
    void fill(std::string head, const std::vector<std::string>& pieces, std::size_t indent) {
        std::string current = std::move(head);
        bool first = true;
        for (const std::string& piece : pieces) {
            if (!first && current.size() + 1 + piece.size() > kWidth) {
                text_ += current + "\n";
                current = std::string(indent, ' ');
                first = true;
            }
            current += (first ? "" : " ") + piece;
            first = false;
        }
        text_ += current + "\n";
    }
    [[nodiscard]] std::string bold(const std::string& text) const {
        return colour_ ? fmt::format("\x1b[1m{}\x1b[0m", text) : text;
    }
    [[nodiscard]] std::string take() && { return std::move(text_); }

private:
    bool colour_;
    std::string text_;
};

std::string option_heading(const po::option_description& option) {
    const std::string name = fmt::format("--{}", option.long_name());
    const std::string brief = short_name(option);
    std::string heading = brief.empty() ? name : fmt::format("{}, {}", brief, name);
    if (const std::string value = value_name(option); !value.empty()) {
        heading += is_value_optional(option) ? fmt::format("[={}]", value) : fmt::format(" {}", value);
    }
    return heading;
}

void write_options(Page& page, const po::options_description& options) {
    for (const auto& option : options.options()) {
        page.line(page.bold(option_heading(*option)));
        page.paragraph(option->description(), kDeeper);
    }
}

/// What each ending is as a number, style by style.
void write_exit_styles(Page& page) {
    constexpr std::string_view kRow = "{:<20}{:>5}{:>8}{:>11}{:>11}";
    page.section("EXIT STYLES");
    page.line(fmt::format(kRow, "", "plain", "bisect", "kselftest", "autotools"));
    for (const auto& [ending, code] : {std::pair{"clean, or done", ExitCode::ok},
                                       {"hang, hazard", ExitCode::bad_kernel},
                                       {"usage error", ExitCode::usage},
                                       {"inconclusive", ExitCode::inconclusive},
                                       {"unsupported", ExitCode::unsupported},
                                       {"error", ExitCode::broken}}) {
        page.line(fmt::format(kRow, ending, exit_status(code, ExitStyle::plain), exit_status(code, ExitStyle::bisect),
                              exit_status(code, ExitStyle::kselftest), exit_status(code, ExitStyle::autotools)));
    }
}

}  // namespace

std::string manual_page(const Command& command, bool colour) {
    Page page(colour);
    page.section("NAME");
    page.paragraph(fmt::format("blkhang {} - {}", command.name, command.summary));

    page.section("SYNOPSIS");
    const std::string head = fmt::format("{:{}}blkhang {} ", "", kIndent, command.name);
    page.fill(head, command.synopsis, head.size());

    page.section("DESCRIPTION");
    bool first = true;
    for (const std::string& paragraph : command.description) {
        if (!first) {
            page.gap();
        }
        first = false;
        page.paragraph(paragraph);
    }

    page.section("OPTIONS");
    write_options(page, command.options);
    write_options(page, common_options());

    for (const Command::Section& section : command.sections) {
        page.section(section.title);
        for (const Command::Term& term : section.terms) {
            page.term(term);
        }
    }

    page.section("EXIT STATUS");
    for (const Command::Term& status : command.exit_status) {
        page.term(status);
    }
    page.gap();
    page.paragraph("These are the numbers of --exit-style plain.");
    write_exit_styles(page);

    page.section("EXAMPLES");
    for (const Command::Term& example : command.examples) {
        page.term(example);
    }
    return std::move(page).take();
}

std::string overview_page(const std::vector<Command>& commands, bool colour) {
    Page page(colour);
    page.section("NAME");
    page.paragraph(
        "blkhang - find out whether a Linux kernel hangs when block-cgroup IO, memory reclaim and per-CPU allocation "
        "meet");

    page.section("SYNOPSIS");
    page.line("blkhang COMMAND [OPTION]...");
    page.line("blkhang COMMAND --help");
    page.line("blkhang help [COMMAND]");
    page.line("blkhang --help | --version");

    page.section("DESCRIPTION");
    page.paragraph(
        "blkhang boots a kernel in a throwaway QEMU guest, keeps making throttled cgroups there while memory runs "
        "short, watches through eBPF how the kernel's locks nest, and proves a deadlock from the tasks that wait for "
        "each other. This host itself is loaded by `blkhang run --on-this-host` alone, and everything that changes is "
        "undone. Else what is done to its kernel is to attach probes: `blkhang watch` does, and for a moment `blkhang "
        "check` without --guest (not with --no-attach); neither does where "
        "somebody waits for pcpu_alloc_mutex, since on a machine that is already stuck in such a hang attaching may "
        "block. `blkhang watch` kills tasks of a proven hang only if told so.");
    page.gap();
    page.paragraph(
        "The verdict on a kernel is one of: hang (a deadlock is proven), hazard (locks were seen to nest in a way that "
        "can deadlock; or tasks waited for each other in a circle over memory for 5 s or more, which dissolved or had "
        "not stood for a minute when the run ended), unsupported (the kernel lacks what the profile needs), "
        "inconclusive (the dangerous path was not exercised enough, or events were lost), clean (exercised, and "
        "nothing found), error (blkhang or its guest broke: nothing is said about the kernel).");

    page.section("COMMANDS");
    for (const Command& command : commands) {
        page.term({command.name, command.summary});
    }

    page.section("EXIT STATUS");
    for (const Command::Term& status : std::vector<Command::Term>{
             {"0", "clean, or done"},
             {"1", "hang or hazard"},
             {"2", "the command line, profile or kernel given makes no sense"},
             {"3", "inconclusive"},
             {"4", "unsupported"},
             {"5", "error"},
         }) {
        page.term(status);
    }
    write_exit_styles(page);

    page.section("ENVIRONMENT");
    page.term({"NO_COLOR", "no colours, when set to anything"});
    page.term({"TERM", "dumb: no colours, and no line that is drawn over again"});
    page.term({"XDG_STATE_HOME", "records go to blkhang/runs below it (default: ~/.local/state)"});
    page.term({"XDG_CACHE_HOME", "fetched kernels are kept in blkhang below it (default: ~/.cache)"});

    page.section("EXAMPLES");
    page.term({"blkhang check", "what does this host offer, what is missing?"});
    page.term({"blkhang check --guest running", "how well can the kernel that runs here be watched, in a guest?"});
    page.term({"blkhang run elv-switch --guest running",
               "does it hang when the disk that holds the swap gets another IO scheduler?"});
    page.term(
        {"blkhang run kvm-2011 --guest deb:6.1", "does Debian's newest 6.1 kernel hang as KVM hosts did in 2011?"});
    page.term({"blkhang run kvm-2011 --guest deb:6.1 --plant sync-alloc",
               "the same with the bug of 2011 planted: shows that blkhang would see it"});
    return std::move(page).take();
}

}  // namespace blkhang
