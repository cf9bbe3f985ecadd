namespace Nexo.EndToEnd.Tests.Security;

/// <summary>A command of Redis, and the rules that it needs, all of them; none: it needs none.</summary>
internal sealed record RespNeedRow(string Line, string[] Rules)
{
    public string Command => Line.Split(' ')[0];
}

/// <summary>The table of <c>docs/security.md</c>, command by command: at least one line for each.</summary>
internal static class RespNeeds
{
    private const string Table = """
        ping |
        echo a |
        hello 2 |
        select 0 |
        command count |
        time |
        lolwut |
        client id |
        client getname |
        client setname me |
        client list | admin read
        client kill id 99999 | admin manage
        client unblock 99999 | admin manage
        multi |
        exec |
        discard |
        unwatch |
        unsubscribe |
        punsubscribe |
        info | admin read
        config get maxmemory | admin read
        slowlog get | admin read
        slowlog reset | admin manage
        dbsize | store read *
        randomkey | store read *
        flushdb | store manage *
        flushall | store manage *
        keys k* | store read k*
        keys * | store read *
        scan 0 | store read *
        scan 0 count 5 match k:* | store read k:*
        subscribe a b/c | topics read a; topics read b/c
        psubscribe news/* | topics read news/#
        psubscribe n* | topics read #
        ssubscribe a b | topics read a; topics read b
        sunsubscribe |
        spublish a x | topics write a
        publish a x | topics write a
        publish + x | topics write %redis/%2B
        pubsub channels | topics read #
        watch k l | store read k; store read l
        get k | store read k
        set k v | store write k
        set k v get | store write k; store read k
        set k v px 1000 GET | store write k; store read k
        setnx k v | store write k
        setex k 9 v | store write k
        psetex k 9 v | store write k
        getset k v | store read k; store write k
        getdel k | store read k; store write k
        getex k | store read k; store write k
        getrange k 0 1 | store read k
        substr k 0 1 | store read k
        setrange k 0 v | store write k
        strlen k | store read k
        append k v | store write k
        mget k l | store read k; store read l
        mset k 1 l 2 | store write k; store write l
        msetnx k 1 l 2 | store write k; store write l
        incr k | store read k; store write k
        decr k | store read k; store write k
        incrby k 2 | store read k; store write k
        decrby k 2 | store read k; store write k
        incrbyfloat k 2 | store read k; store write k
        del k l | store write k; store write l
        unlink k | store write k
        exists k l | store read k; store read l
        touch k | store read k
        type k | store read k
        rename k l | store read k; store write k; store write l
        renamenx k l | store read k; store write k; store write l
        copy k l | store read k; store write l
        object encoding k | store read k
        expire k 9 | store write k
        pexpire k 9000 | store write k
        expireat k 9999999999 | store write k
        pexpireat k 9999999999999 | store write k
        persist k | store write k
        ttl k | store read k
        pttl k | store read k
        expiretime k | store read k
        pexpiretime k | store read k
        hset h f v | store write h
        hmset h f v | store write h
        hsetnx h f v | store write h
        hget h f | store read h
        hmget h f | store read h
        hgetall h | store read h
        hkeys h | store read h
        hvals h | store read h
        hlen h | store read h
        hexists h f | store read h
        hstrlen h f | store read h
        hdel h f | store write h
        hincrby h n 1 | store read h; store write h
        hincrbyfloat h n 1 | store read h; store write h
        hscan h 0 | store read h
        hrandfield h | store read h
        lpush q v | store write q
        rpush q v | store write q
        lpushx q v | store write q
        rpushx q v | store write q
        lpop q | store read q; store write q
        rpop q | store read q; store write q
        llen q | store read q
        lrange q 0 1 | store read q
        lindex q 0 | store read q
        lset q 0 v | store write q
        linsert q before v w | store write q
        lrem q 0 v | store write q
        ltrim q 0 9 | store write q
        lpos q v | store read q
        lmove q r left right | store read q; store write q; store write r
        rpoplpush q r | store read q; store write q; store write r
        lmpop 2 q r left | store read q; store write q; store read r; store write r
        blpop q r 0.01 | store read q; store write q; store read r; store write r
        brpop q 0.01 | store read q; store write q
        blmove q r left right 0.01 | store read q; store write q; store write r
        brpoplpush q r 0.01 | store read q; store write q; store write r
        blmpop 0.01 2 q r left | store read q; store write q; store read r; store write r
        sadd s v | store write s
        srem s v | store write s
        sismember s v | store read s
        smismember s v | store read s
        scard s | store read s
        smembers s | store read s
        spop s | store read s; store write s
        srandmember s | store read s
        smove s t v | store read s; store write s; store write t
        sinter s t | store read s; store read t
        sunion s t | store read s; store read t
        sdiff s t | store read s; store read t
        sinterstore u s t | store write u; store read s; store read t
        sunionstore u s t | store write u; store read s; store read t
        sdiffstore u s t | store write u; store read s; store read t
        sintercard 2 s t | store read s; store read t
        sscan s 0 | store read s
        zadd z 1 v | store write z
        zadd z incr 1 v | store write z; store read z
        zincrby z 1 v | store read z; store write z
        zrem z v | store write z
        zscore z v | store read z
        zmscore z v | store read z
        zcard z | store read z
        zrank z v | store read z
        zrevrank z v | store read z
        zpopmin z | store read z; store write z
        zpopmax z | store read z; store write z
        bzpopmin z 0.01 | store read z; store write z
        bzpopmax z 0.01 | store read z; store write z
        zmpop 2 z y min | store read z; store write z; store read y; store write y
        bzmpop 0.01 1 z min | store read z; store write z
        zrandmember z | store read z
        zscan z 0 | store read z
        zcount z 0 1 | store read z
        zlexcount z - + | store read z
        zrange z 0 1 | store read z
        zrevrange z 0 1 | store read z
        zrangebyscore z 0 1 | store read z
        zrevrangebyscore z 1 0 | store read z
        zrangebylex z - + | store read z
        zrevrangebylex z + - | store read z
        zrangestore y z 0 1 | store write y; store read z
        zremrangebyrank z 0 1 | store write z
        zremrangebyscore z 0 1 | store write z
        zremrangebylex z - + | store write z
        zunion 2 z y | store read z; store read y
        zinter 2 z y | store read z; store read y
        zdiff 2 z y | store read z; store read y
        zunionstore x 2 z y | store write x; store read z; store read y
        zinterstore x 2 z y | store write x; store read z; store read y
        zdiffstore x 2 z y | store write x; store read z; store read y
        zintercard 2 z y | store read z; store read y
        """;

    /// <summary>Commands that change who the client is, or end it: they are free, and of no use in a table.</summary>
    public static IReadOnlyList<string> Logins { get; } = ["auth", "reset", "quit"];

    public static IReadOnlyList<RespNeedRow> All { get; } = [.. Table.Split('\n').Select(Read)];

    private static RespNeedRow Read(string line)
    {
        string[] parts = line.Split('|', 2, StringSplitOptions.TrimEntries);
        return new RespNeedRow(parts[0], parts[1].Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
    }
}
