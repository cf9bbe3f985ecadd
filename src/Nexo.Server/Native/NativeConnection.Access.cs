using Nexo.Protocol;
using Nexo.Server.Security;

namespace Nexo.Server.Native;

// What the client may do, and what becomes of what it may not do any more.
internal sealed partial class NativeConnection
{
    public const string Withdrawn = "The user may not read this any more: its rules have changed.";

    /// <summary>Answers that something is not allowed. Only for the reading thread.</summary>
    public void FailDenied(
        Opcode opcode, uint correlation, AccessBroker broker, AccessOperation operation, ReadOnlySpan<byte> name, AccessReach reach) =>
        Fail(opcode, correlation, ErrorCode.PermissionDenied, AccessRefusal.MessageOf(User, broker, operation, name, reach));

    protected override void Withdraw(Access access)
    {
        int ended = _open.Withdraw(access, Withdrawn);
        if (ended > 0)
        {
            TellWithdrawn($"{ended} subscriptions or waiting requests");
        }
    }

    // If the access has changed since the request was looked at, either that change finds this, or this finds the change.
    private void AddAllowed(uint correlation, object opened)
    {
        _open.Add(correlation, opened);
        Interlocked.MemoryBarrier();
        OpenRequests.Withdraw(opened, Access, Withdrawn);
    }
}
