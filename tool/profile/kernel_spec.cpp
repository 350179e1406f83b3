// SPDX-License-Identifier: GPL-2.0-only
#include "profile/kernel_spec.h"

#include <fmt/format.h>

#include "base/nearest.h"
#include "base/path_name.h"

namespace blkhang {
namespace {

constexpr std::string_view kForms =
    "a KERNEL is deb:SERIES (deb:6.1), deb:PACKAGE[=VERSION][@SUITE], file:BZIMAGE[,modules=DIR], tree:LINUX_BUILD_DIR "
    "or "
    "running";

/// Series that the Debian suites of the catalogue have offered. Others parse as well: the suites decide, and they move.
const std::vector<std::string>& known_series() {
    static const std::vector<std::string> series{"5.10", "6.1", "6.12", "7.2", "7.3"};
    return series;
}

constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kSuiteLetters = "abcdefghijklmnopqrstuvwxyz0123456789-";
constexpr std::string_view kPackageLetters = "abcdefghijklmnopqrstuvwxyz0123456789-+.";
constexpr std::string_view kPlant = ",plant=";
constexpr std::string_view kModules = ",modules=";

bool consists_of(std::string_view text, std::string_view letters) {
    return !text.empty() && text.find_first_not_of(letters) == std::string_view::npos;
}
bool starts_with_digit(std::string_view text) { return consists_of(text.substr(0, 1), kDigits); }

/// N.N
bool is_series(std::string_view text) {
    const std::size_t dot = text.find('.');
    return dot != std::string_view::npos && consists_of(text.substr(0, dot), kDigits) &&
           consists_of(text.substr(dot + 1), kDigits);
}

bool is_package_name(std::string_view text) { return is_path_name(text) && consists_of(text, kPackageLetters); }

tl::unexpected<Error> complain(std::string_view text, std::string_view problem) {
    return fail(Error(Fault::usage, fmt::format("kernel '{}': {}", text, problem)).hint(std::string(kForms)));
}

Result<KernelSpec> parse_deb(std::string_view text, std::string_view rest) {
    if (is_series(rest)) {
        return DebSeries{std::string(rest)};
    }
    const std::size_t patch_level = rest.rfind('.');
    if (patch_level != std::string_view::npos && is_series(rest.substr(0, patch_level))) {
        return complain(text, fmt::format("a series has no patch level; did you mean 'deb:{}', the newest of it?",
                                          rest.substr(0, patch_level)));
    }
    // No kernel package begins with a digit, so this was meant to be a series.
    if (rest.empty() || starts_with_digit(rest)) {
        return complain(text, fmt::format("'{}' is not a series{}", rest, did_you_mean(rest, known_series())));
    }
    const std::size_t at = rest.find('@');
    const std::string_view named = rest.substr(0, at);
    const std::size_t equals = named.find('=');
    DebPackage package{std::string(named.substr(0, equals)), "", ""};
    if (!is_package_name(package.package)) {
        return complain(text, fmt::format("'{}' is not the name of a Debian package", package.package));
    }
    if (equals != std::string_view::npos) {
        package.version = named.substr(equals + 1);
        if (package.version.find(':') != std::string::npos) {
            return complain(text, fmt::format("version '{}' has an epoch, and kernels have none", package.version));
        }
        if (!is_path_name(package.version) || !starts_with_digit(package.version)) {
            return complain(text, fmt::format("'{}' is not the version of a Debian package", package.version));
        }
    }
    if (at != std::string_view::npos) {
        package.suite = rest.substr(at + 1);
        if (!is_path_name(package.suite) || !consists_of(package.suite, kSuiteLetters)) {
            return complain(text, fmt::format("'{}' is not the name of a Debian suite", package.suite));
        }
    }
    return package;
}

Result<KernelSpec> parse_file(std::string_view text, std::string_view rest) {
    const std::size_t comma = rest.find(',');
    const std::string_view image = rest.substr(0, comma);
    if (image.empty()) {
        return complain(text, "the path of the image is missing");
    }
    if (comma == std::string_view::npos) {
        return ImageFile{image, {}};
    }
    const std::string_view option = rest.substr(comma);
    if (!option.starts_with(kModules) || option.size() == kModules.size()) {
        return complain(text, fmt::format("expected modules=DIR after the comma, found '{}'", option.substr(1)));
    }
    return ImageFile{image, option.substr(kModules.size())};
}

}  // namespace

Result<KernelSpec> parse_kernel_spec(std::string_view text) {
    if (text == "running") {
        return RunningKernel{};
    }
    const std::size_t colon = text.find(':');
    const std::string_view form = text.substr(0, colon);
    if (colon == std::string_view::npos) {
        if (starts_with_digit(text)) {
            return complain(text, fmt::format("did you mean 'deb:{}'?", text));
        }
        if (text.find('/') != std::string_view::npos) {
            return complain(text, fmt::format("did you mean 'file:{0}' or 'tree:{0}'?", text));
        }
        return complain(text, fmt::format("unknown form{}", did_you_mean(text, {"running"})));
    }
    const std::string_view rest = text.substr(colon + 1);
    if (form == "deb") {
        return parse_deb(text, rest);
    }
    if (form == "file") {
        return parse_file(text, rest);
    }
    if (form == "tree") {
        if (rest.empty()) {
            return complain(text, "the build directory is missing");
        }
        return BuildTree{rest};
    }
    return complain(text, fmt::format("unknown form '{}:'{}", form, did_you_mean(form, {"deb", "file", "tree"})));
}

Result<KernelChoice> parse_kernel_choice(std::string_view text) {
    const std::size_t planted = text.find(kPlant);
    const std::string_view kernel = text.substr(0, planted);
    auto spec = parse_kernel_spec(kernel);
    if (!spec) {
        return fail(spec.error());
    }
    KernelChoice choice{std::string(kernel), std::move(*spec), ""};
    if (planted != std::string_view::npos) {
        choice.plant = text.substr(planted + kPlant.size());
        if (choice.plant.empty()) {
            return complain(text, "the name of the planted bug is missing");
        }
    }
    return choice;
}

std::vector<std::string> split_kernels(std::string_view list) {
    std::vector<std::string> kernels;
    std::size_t begin = 0;
    for (std::size_t comma = list.find(',');; comma = list.find(',', comma + 1)) {
        if (comma != std::string_view::npos) {
            const std::string_view rest = list.substr(comma);
            if (rest.starts_with(kModules) || rest.starts_with(kPlant)) {
                continue;
            }
        }
        kernels.emplace_back(list.substr(begin, comma == std::string_view::npos ? comma : comma - begin));
        if (comma == std::string_view::npos) {
            return kernels;
        }
        begin = comma + 1;
    }
}

}  // namespace blkhang
