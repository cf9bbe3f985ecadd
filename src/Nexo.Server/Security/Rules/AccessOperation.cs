namespace Nexo.Server.Security;

/// <summary>What may be done; <c>docs/security.md</c> says for every request which it is.</summary>
public enum AccessOperation : byte
{
    /// <summary>See what is there, and change nothing.</summary>
    Read = 0,

    /// <summary>Put something in, or change it.</summary>
    Write = 1,

    /// <summary>Take messages out of queues, and records by groups, and settle them.</summary>
    Consume = 2,

    /// <summary>Define, empty and delete what others use.</summary>
    Manage = 3,
}
