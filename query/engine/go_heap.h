// A binary heap with exactly the moves of Go's container/heap. Which of several equal elements topk
// keeps depends on them.
//
// Threads:  functions without state.
#ifndef QUERY_ENGINE_GO_HEAP_H_
#define QUERY_ENGINE_GO_HEAP_H_

#include <cstddef>
#include <utility>
#include <vector>

namespace varve::query {

template <typename T, typename Less>
void HeapPush(std::vector<T>* heap, T element, Less less) {
  heap->push_back(std::move(element));
  size_t child = heap->size() - 1;
  while (child > 0) {
    const size_t parent = (child - 1) / 2;
    if (!less((*heap)[child], (*heap)[parent])) break;
    std::swap((*heap)[parent], (*heap)[child]);
    child = parent;
  }
}

// Restores the order after the smallest element, the first, was overwritten.
template <typename T, typename Less>
void HeapSiftFirst(std::vector<T>* heap, Less less) {
  size_t parent = 0;
  for (;;) {
    size_t child = 2 * parent + 1;
    if (child >= heap->size()) return;
    if (child + 1 < heap->size() && less((*heap)[child + 1], (*heap)[child])) ++child;
    if (!less((*heap)[child], (*heap)[parent])) return;
    std::swap((*heap)[parent], (*heap)[child]);
    parent = child;
  }
}

}  // namespace varve::query

#endif  // QUERY_ENGINE_GO_HEAP_H_
