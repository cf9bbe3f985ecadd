namespace Nexo.Storage;

/// <summary>What can be done to a simulated disk, as far as it is counted and can be made to fail.</summary>
[Flags]
internal enum DiskOperationKinds
{
    None = 0,
    Create = 1,
    Open = 2,
    Write = 4,
    SetLength = 8,
    Sync = 16,
    Rename = 32,
    Delete = 64,
    CreateDirectory = 128,
    SyncDirectory = 256,
    Lock = 512,
    Read = 1_024,
    List = 2_048,

    /// <summary>What changes the disk. Only these are recorded.</summary>
    Changes = Create | Write | SetLength | Sync | Rename | Delete | CreateDirectory | SyncDirectory,

    /// <summary>What a program that writes does, without its reads.</summary>
    AllButReads = Changes | Open | Lock,

    All = AllButReads | Read | List,
}
