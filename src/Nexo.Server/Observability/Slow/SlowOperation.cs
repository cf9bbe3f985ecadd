using Nexo.Protocol;
using Nexo.Server.Brokers;
using Nexo.Server.Connections;

namespace Nexo.Server.Observability;

/// <summary>An operation that took longer than <c>slow.threshold</c>.</summary>
/// <param name="Id">Counts up from 0 in one run of the server.</param>
/// <param name="AtMs">When it ended, Unix ms.</param>
/// <param name="Operation">As the protocol calls it; of several that were handled together, the first and how many more.</param>
/// <param name="Subject">The key, queue, topic or the like, cut and without control characters; may be empty.</param>
internal sealed record SlowOperation(
    long Id,
    long AtMs,
    long Microseconds,
    SlowCause Cause,
    ClientProtocol Protocol,
    string Operation,
    string Subject,
    long Connection,
    string Remote,
    string User,
    string Client,
    Broker Broker);

/// <summary>What an operation is called and what it is about, and the trace that it is part of.</summary>
/// <param name="TraceParent">As the client sent it; empty: it sent none.</param>
internal readonly record struct SlowSubject(string Operation, string Subject, string TraceParent = "");
