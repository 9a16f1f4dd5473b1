// SPDX-License-Identifier: Apache-2.0
// The text library as a static one: Debian ships it shared only, and a runner must be a single file. These
// are the definitions that the shared library holds and the headers declare.
#include <fmt/format-inl.h>

FMT_BEGIN_NAMESPACE
namespace detail {
template FMT_API auto thousands_sep_impl<char>(locale_ref) -> thousands_sep_result<char>;
template FMT_API auto decimal_point_impl(locale_ref) -> char;
}  // namespace detail
FMT_END_NAMESPACE
