// SPDX-License-Identifier: GPL-2.0-only
#include "publish/diagnosis.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "publish/scrub/pseudonyms.h"
#include "report/diagnosis/html.h"
#include "report/diagnosis/mail.h"
#include "report/diagnosis/text.h"

namespace blkhang {
namespace {

std::string scrubbed(const std::string& text) {
    Pseudonyms names;
    names.learn_text(text);
    return names.in_text(text);
}

}  // namespace

Result<std::string> write_diagnosis(const Diagnosis& diagnosis, std::string_view format,
                                    const std::vector<std::string>& sources, const TextOptions& options) {
    if (format == "text") {
        return render_diagnosis(diagnosis, sources, options);
    }
    if (format == "json") {
        return encode(diagnosis, sources);
    }
    if (format == "html") {
        return page_of(diagnosis, sources, Templates::built_in());
    }
    if (format == "mail") {
        return mail_of(diagnosis).map(scrubbed);
    }
    return fail(Fault::usage,
                fmt::format("--format is one of {}, not '{}'", fmt::join(kDiagnosisFormats, ", "), format));
}

}  // namespace blkhang
