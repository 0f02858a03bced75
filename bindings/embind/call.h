// Functions of the core as JavaScript calls them: arguments and results are converted as values.h says, and
// errors become values.
#pragma once

#include <type_traits>

#include "guarded.h"
#include "values.h"

namespace octet::binding {

template <class T>
using ArgumentOf = Argument<std::remove_cvref_t<T>>;

/// What the function returns, or the failure that it threw.
template <class Function>
val result_of(const Function& function) {
  return guarded([&] {
    if constexpr (std::is_void_v<std::invoke_result_t<Function>>) {
      function();
      return val::undefined();
    } else {
      return to_javascript(function());
    }
  });
}

/// `Call<&T::method>::from` and `Call<&function>::from` are what Embind is given.
template <auto Function>
struct Call;

template <class Result, class Owner, class... Arguments, Result (Owner::*method)(Arguments...)>
struct Call<method> {
  static val from(Owner& owner, typename ArgumentOf<Arguments>::Wire... arguments) {
    return result_of([&] { return (owner.*method)(ArgumentOf<Arguments>::of(arguments)...); });
  }
};

template <class Result, class Owner, class... Arguments, Result (Owner::*method)(Arguments...) const>
struct Call<method> {
  static val from(const Owner& owner, typename ArgumentOf<Arguments>::Wire... arguments) {
    return result_of([&] { return (owner.*method)(ArgumentOf<Arguments>::of(arguments)...); });
  }
};

template <class Result, class... Arguments, Result (*function)(Arguments...)>
struct Call<function> {
  static val from(typename ArgumentOf<Arguments>::Wire... arguments) {
    return result_of([&] { return function(ArgumentOf<Arguments>::of(arguments)...); });
  }
};

}  // namespace octet::binding
