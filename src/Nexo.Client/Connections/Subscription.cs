namespace Nexo.Client;

/// <summary>What a server pushes to, from the reply that opens it to the END that ends it. Called by the receiving
/// thread.</summary>
internal abstract class Subscription
{
    /// <summary>Where it is open; set when its request is sent.</summary>
    public Connection? Connection { get; set; }

    /// <summary>Its slot there.</summary>
    public int Slot { get; set; }

    /// <summary>True when it wants what the server still pushes between its STOP and the END, and the END itself; else
    /// that is passed over.</summary>
    public virtual bool HearsOut => false;

    /// <summary>Takes one item; false when it is malformed or was not paid for by a credit.</summary>
    public abstract bool OnPush(ReadOnlySpan<byte> body);

    /// <summary>Takes a notice of the server's about it, which costs no credit; false when it is malformed.</summary>
    public virtual bool OnNotice(ReadOnlySpan<byte> body) => true;

    /// <summary>It is over; null after a normal end.</summary>
    public abstract void OnEnd(NexoException? error);
}
