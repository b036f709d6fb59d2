/* SPDX-License-Identifier: MIT */
/* The C++ library and its run time, linked dynamically: exceptions through frames of a shared
 * library, streams, containers, regular expressions, the file system, static constructors. */
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <regex>
#include <sstream>
#include <stdexcept>
#include <string>
#include <typeinfo>
#include <vector>

struct Announcer {
    Announcer() { std::cout << "constructed\n"; }
    ~Announcer() { std::cout << "destroyed" << std::endl; }
};
static Announcer announcer;

struct Shape {
    virtual ~Shape() = default;
    virtual double area() const = 0;
};
struct Square : Shape {
    double area() const override { return 4; }
};

static void throw_through(std::vector<int> &numbers)
{
    std::sort(numbers.begin(), numbers.end(), [](int a, int b) {
        if (a == 7 || b == 7)
            throw std::runtime_error("seven");
        return a < b;
    });
}

static void show_files()
{
    namespace fs = std::filesystem;
    std::vector<std::string> names;
    for (const auto &entry : fs::recursive_directory_iterator("tree"))
        names.push_back(entry.path().string());
    std::sort(names.begin(), names.end());
    for (const auto &name : names)
        std::cout << name << ' ';
    fs::create_directories("cxx/a/b");
    std::ofstream("cxx/a/b/file") << 3.25 << ' ' << 42 << '\n';
    std::ifstream in("cxx/a/b/file");
    double number;
    in >> number;
    std::cout << number << ' ' << fs::file_size("cxx/a/b/file") << ' ' << fs::remove_all("cxx") << '\n';
    std::error_code error;
    (void)fs::file_size("nowhere", error);
    std::cout << error.message() << '\n';
}

int main(int argc, char **argv)
{
    std::map<std::string, int> counts;
    std::istringstream words("a b a c b a");
    for (std::string word; words >> word;)
        counts[word]++;
    for (const auto &[word, count] : counts)
        std::cout << word << '=' << count << ' ';
    std::vector<int> numbers{9, 7, 8, 1};
    try {
        throw_through(numbers);
    } catch (const std::exception &error) {
        std::cout << typeid(error).name() << ' ' << error.what() << '\n';
    }
    std::unique_ptr<Shape> shape = std::make_unique<Square>();
    std::cout << shape->area() << ' ' << (dynamic_cast<Square *>(shape.get()) != nullptr) << '\n';
    std::smatch match;
    std::string text = "key = value";
    if (std::regex_match(text, match, std::regex(R"((\w+)\s*=\s*(\w+))")))
        std::cout << match[1] << "->" << match[2] << '\n';
    show_files();
    if (argc > 1 && argv[1] == std::string("throw"))
        throw std::logic_error("nobody catches this");
    return argc - 1;
}
