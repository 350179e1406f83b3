// SPDX-License-Identifier: GPL-2.0-only
#include "lab/image.h"

#include <elf.h>
#include <fmt/format.h>
#include <sys/mman.h>

#include <cstring>
#include <sstream>

#include "base/file.h"
#include "base/process.h"
#include "base/sizes.h"
#include "lab/cpio.h"
#include "lab/modules.h"

namespace blkhang {

namespace fs = std::filesystem;

namespace {

/// A program that asks for a loader cannot be a guest's init: there is none.
bool needs_loader(std::string_view program) {
    Elf64_Ehdr header;
    if (program.size() < sizeof header) {
        return false;
    }
    std::memcpy(&header, program.data(), sizeof header);
    for (unsigned i = 0; i < header.e_phnum; ++i) {
        const std::size_t at = header.e_phoff + std::size_t{i} * header.e_phentsize;
        Elf64_Phdr segment;
        if (at + sizeof segment > program.size()) {
            return false;
        }
        std::memcpy(&segment, program.data() + at, sizeof segment);
        if (segment.p_type == PT_INTERP) {
            return true;
        }
    }
    return false;
}

Status add_init(CpioWriter& image, const fs::path& init) {
    constexpr std::size_t kLimit = std::size_t{1} << 30U;  // with debug information and sanitizers it is large
    auto program = read_file(init, kLimit);
    if (!program) {
        return fail_within(program.error(), "reading the program that becomes the guest's init");
    }
    if (needs_loader(*program)) {
        return fail(Error(Fault::unsupported, "this blkhang is not static and cannot be a guest's init")
                        .hint("build with -DBLKHANG_STATIC=ON"));
    }
    image.file("/init", *program, true);
    return {};
}

Status add_program(CpioWriter& image, const fs::path& program) {
    if (!is_there(program)) {
        return fail(Error(Fault::broken, fmt::format("{} is not installed", program.string()))
                        .hint(fmt::format("apt-get install {}", program.filename().string())));
    }
    auto output = command_stdout({"ldd", program.string()}, Deadline::after(std::chrono::seconds(20)));
    if (!output) {
        return fail_within(output.error(), fmt::format("listing the libraries of {}", program.string()));
    }
    auto files = parse_ldd(*output);
    if (!files) {
        return fail_within(files.error(), program.string());
    }
    files->push_back(program);
    for (const fs::path& file : *files) {
        auto content = read_file(file);
        if (!content) {
            return fail(content.error());
        }
        image.file(file, *content, true);
    }
    return {};
}

constexpr std::size_t kLargestInGuest = std::size_t{512} << 20U;  // in memory; a guest needs some 20 MiB of them

Status add_modules(CpioWriter& image, const Kernel& kernel, const std::vector<std::string>& names) {
    std::string list;
    if (!kernel.modules_root.empty()) {
        auto files = modules_in_load_order(kernel.modules_root, kernel.release, names);
        if (!files) {
            return fail(files.error());
        }
        const auto directory = Directory::open(modules_directory(kernel.modules_root, kernel.release));
        if (!directory) {
            return fail(directory.error());
        }
        std::size_t bytes = 0;
        for (const fs::path& file : *files) {
            auto content = read_module(*directory, file);
            if (!content) {
                return fail(content.error());
            }
            bytes += content->size();
            if (bytes > kLargestInGuest) {
                return fail(Fault::usage, fmt::format("{}: the modules that a guest needs have more than {}",
                                                      directory->path().string(), format_size(kLargestInGuest)));
            }
            // One flat directory: a kernel does not have two modules of one name.
            const fs::path in_guest =
                fs::path("/lib/modules") / file.filename().replace_extension(file.extension() == ".ko" ? ".ko" : "");
            image.file(in_guest, *content);
            list += in_guest.string() + "\n";
        }
    }
    image.file("/blkhang/modules.list", list);
    return {};
}

}  // namespace

Result<std::vector<fs::path>> parse_ldd(std::string_view output) {
    // "	libm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x...)", "	/lib64/ld-linux-x86-64.so.2 (0x...)",
    // "	linux-vdso.so.1 (0x...)", "	libfoo.so => not found", "	statically linked"
    std::vector<fs::path> files;
    std::istringstream lines{std::string(output)};
    for (std::string line; std::getline(lines, line);) {
        if (line.find("=> not found") != std::string::npos) {
            return fail(Fault::broken, fmt::format("a library is missing: {}", line));
        }
        const auto begin = line.find('/');
        if (begin != std::string::npos) {
            files.emplace_back(line.substr(begin, line.find(' ', begin) - begin));
        }
    }
    return files;
}

Result<Fd> make_image(const Kernel& kernel, const ImageContent& content) {
    Fd fd(::memfd_create("blkhang-initramfs", MFD_CLOEXEC));
    if (!fd.valid()) {
        return fail_errno("no memory for the guest's image");
    }
    CpioWriter image(fd.get());
    for (const char* directory : {"/dev", "/proc", "/sys", "/tmp", "/run"}) {
        image.directory(directory);
    }
    // The kernel opens it as init's standard streams, before anybody can mount devtmpfs.
    image.character_device("/dev/console", 5, 1);
    // For kernels without devtmpfs, which else hides them.
    image.character_device("/dev/null", 1, 3);
    image.character_device("/dev/kmsg", 1, 11);
    image.character_device("/dev/ttyS1", 4, 65);
    if (Status added = add_init(image, content.init); !added) {
        return fail(added.error());
    }
    if (Status added = add_modules(image, kernel, content.modules); !added) {
        return fail(added.error());
    }
    for (const fs::path& program : content.programs) {
        if (Status added = add_program(image, program); !added) {
            return fail(added.error());
        }
    }
    for (const auto& [path, from] : content.files) {
        auto text = read_file(from, kLargestInGuest);
        if (!text) {
            return fail(text.error());
        }
        image.file(path, *text);
    }
    if (!content.plant.empty()) {
        auto plant = read_file(content.plant);
        if (!plant) {
            return fail(plant.error());
        }
        image.file("/blkhang/plant.ko", *plant);
    }
    image.file("/blkhang/job.json", content.job);
    if (Status finished = image.finish(); !finished) {
        return fail(finished.error());
    }
    return fd;
}

}  // namespace blkhang
