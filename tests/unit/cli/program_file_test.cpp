#include "pglakebase/cli/program_file.hpp"

#include <elf.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <string_view>
#include <vector>

#include "pglakebase/core/file_io.hpp"
#include "pglakebase/core/unique_fd.hpp"

namespace pglakebase {
namespace {

#if defined(__x86_64__)
constexpr Elf64_Half k_own_machine = EM_X86_64;
constexpr Elf64_Half k_other_machine = EM_AARCH64;
#else
constexpr Elf64_Half k_own_machine = EM_AARCH64;
constexpr Elf64_Half k_other_machine = EM_X86_64;
#endif

struct Part {
  Elf64_Word type;
  std::string_view content;
};

// An ELF file of nothing but headers and the parts' content.
struct Image {
  Elf64_Half machine = k_own_machine;
  unsigned char bits = ELFCLASS64;
  std::vector<Part> parts;

  std::string bytes() const {
    Elf64_Ehdr header{};
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = bits;
    header.e_machine = machine;
    header.e_phoff = sizeof header;
    header.e_phentsize = sizeof(Elf64_Phdr);
    header.e_phnum = static_cast<Elf64_Half>(parts.size());
    std::string file(reinterpret_cast<const char*>(&header), sizeof header);
    std::string contents;
    const std::size_t start = sizeof header + parts.size() * sizeof(Elf64_Phdr);
    for (const Part& part : parts) {
      Elf64_Phdr entry{};
      entry.p_type = part.type;
      entry.p_offset = start + contents.size();
      entry.p_filesz = part.content.size();
      file.append(reinterpret_cast<const char*>(&entry), sizeof entry);
      contents += part.content;
    }
    return file + contents;
  }
};

Preloading judge(std::string_view bytes) {
  const UniqueFd fd(::memfd_create("image", MFD_CLOEXEC));
  EXPECT_TRUE(write_all(fd.get(), bytes));
  return judge_elf(fd.get());
}

TEST(JudgeElf, DynamicProgram) {
  EXPECT_EQ(
      judge(Image{.parts = {{PT_LOAD, ""}, {PT_INTERP, "/lib64/ld-linux-x86-64.so.2"}}}.bytes()),
      Preloading::possible);
}

TEST(JudgeElf, NoInterpreterMeansStatic) {
  EXPECT_EQ(judge(Image{.parts = {{PT_LOAD, "x"}, {PT_DYNAMIC, "x"}}}.bytes()),
            Preloading::static_elf);
  EXPECT_EQ(judge(Image{}.bytes()), Preloading::static_elf);
}

TEST(JudgeElf, MuslByTheNameOfItsInterpreter) {
  EXPECT_EQ(judge(Image{.parts = {{PT_INTERP, "/lib/ld-musl-x86_64.so.1"}}}.bytes()),
            Preloading::musl);
}

TEST(JudgeElf, OtherMachine) {
  const std::vector<Part> parts = {{PT_INTERP, "/lib/ld.so"}};
  EXPECT_EQ(judge(Image{.machine = k_other_machine, .parts = parts}.bytes()),
            Preloading::other_machine);
  EXPECT_EQ(judge(Image{.bits = ELFCLASS32, .parts = parts}.bytes()), Preloading::other_machine);
}

TEST(JudgeElf, SaysNothingOfWhatItCannotRead) {
  EXPECT_EQ(judge(""), Preloading::possible);
  EXPECT_EQ(judge("#!/bin/sh\n"), Preloading::possible);
  EXPECT_EQ(judge("\x7f"
                  "ELF"),
            Preloading::possible);
  const std::string whole = Image{.parts = {{PT_LOAD, ""}, {PT_INTERP, "/lib/ld.so"}}}.bytes();
  EXPECT_EQ(judge(std::string_view(whole).substr(0, sizeof(Elf64_Ehdr) + 10)),
            Preloading::possible);
  EXPECT_EQ(judge_elf(-1), Preloading::possible);
}

TEST(JudgeElf, OwnProgram) {
  const UniqueFd fd(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  EXPECT_EQ(judge_elf(fd.get()), Preloading::possible);
}

TEST(FindProgram, GivesAPathAsItIs) {
  EXPECT_EQ(find_program("/bin/sh").path, "/bin/sh");
  EXPECT_EQ(find_program("/bin/sh").error, 0);
  EXPECT_EQ(find_program("/bin").error, EACCES);
  EXPECT_EQ(find_program("/no/such").error, ENOENT);
  EXPECT_EQ(find_program("").error, ENOENT);
}

}  // namespace
}  // namespace pglakebase
