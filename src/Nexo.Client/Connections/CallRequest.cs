using System.Runtime.CompilerServices;
using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>What a call asks the server for.</summary>
internal readonly struct CallRequest
{
    public required Opcode Opcode { get; init; }

    public CallTraits Traits { get; init; }

    /// <summary>What the server shall have done before it answers.</summary>
    public Durability Durability { get; init; }

    /// <summary>The request's body, which the call takes over.</summary>
    public FrameBuffer? Body { get; init; }

    /// <summary>How many bytes at the body's beginning are headers, for the frame's header block.</summary>
    public int HeaderBytes { get; init; }

    /// <summary>True when these headers tell a trace already.</summary>
    public bool HasTrace { get; init; }

    /// <summary>True for a notice: it is not answered, and the call ends when it is on its way.</summary>
    public bool IsNotice { get; init; }

    /// <summary>The one connection on which the request means something, if it does not on any other.</summary>
    public Connection? OnlyOn { get; init; }

    /// <summary>What the request publishes to, for its span.</summary>
    public string? Destination { get; init; }

    /// <summary>What the request opens, if it opens a subscription.</summary>
    public Subscription? Subscription { get; init; }

    /// <summary>Takes the reply when the caller no longer does.</summary>
    public ILateReply? Late { get; init; }

    /// <summary>Takes the header block of the reply, without its size, if it has headers that mean something.</summary>
    public StrongBox<byte[]>? ReplyHeaders { get; init; }
}
