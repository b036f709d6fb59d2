/* SPDX-License-Identifier: MIT */
/* C++: constructors before main, an exception through two frames, iostreams. */
#include <iostream>
#include <stdexcept>
#include <string>

static const std::string greeting = "Hello from C++";

struct Farewell {
    ~Farewell()
    {
        std::cout << "unwound" << std::endl;
    }
};

static void fail(int code)
{
    Farewell farewell;
    throw std::runtime_error("exception " + std::to_string(code));
}

int main()
{
    std::cout << greeting << std::endl;
    try {
        fail(7);
    } catch (const std::exception &e) {
        std::cout << "caught " << e.what() << std::endl;
        return 0;
    }
    return 1;
}
