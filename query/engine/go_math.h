// The elementary functions as Go has them on amd64, to the last bit. Prometheus and Loki answer
// with these; the C library's are at times one digit better, and what differs in the last digit
// becomes a visible difference behind a comparison, `%` or `==`. Each is a published algorithm with
// a fixed order of operations (Cephes for the circular functions, FreeBSD's msun for logarithms,
// SLEEF for exp), so the results are the same on every machine: nothing here may be contracted or
// reordered.
//
// Go's faults are kept: GoLog takes a denormal number for one of 2^-1023 or so, GoSinh and GoCosh
// overflow where the exponential function does.
//
// Threads:  functions without state.
// Source:   S. L. Moshier, Cephes; FreeBSD, lib/msun; N. Shibata, "Efficient evaluation methods of
//           elementary functions suitable for SIMD computation" (2010); Payne and Hanek's
//           reduction.
#ifndef QUERY_ENGINE_GO_MATH_H_
#define QUERY_ENGINE_GO_MATH_H_

namespace varve::query {

// go_exponential.cc
double GoExp(double x);
double GoExp2(double x);
double GoLog(double x);
double GoLog1p(double x);
double GoLog2(double x);
double GoLog10(double x);
double GoPow(double x, double y);

// go_circular.cc
double GoSin(double x);
double GoCos(double x);
double GoTan(double x);
double GoAsin(double x);
double GoAcos(double x);
double GoAtan(double x);
double GoAtan2(double y, double x);

// go_hyperbolic.cc
double GoSinh(double x);
double GoCosh(double x);
double GoTanh(double x);
double GoAsinh(double x);
double GoAcosh(double x);
double GoAtanh(double x);

}  // namespace varve::query

#endif  // QUERY_ENGINE_GO_MATH_H_
