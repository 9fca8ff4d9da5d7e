package io.holdfast.engine.store;

import io.holdfast.resp.Bytes;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLDataException;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** The code of the libraries of functions, which belong to no key. On the thread of its connection. */
final class LibraryTable {
    static final String NAME = "function_library";

    static final String CREATE = """
            create table function_library (
                place integer primary key,
                code blob not null,
                crc integer not null
            ) strict
            """;

    /** {@code place}, {@code code} and {@code crc}, in the order of their places. */
    static final String COLUMNS = "place, code, crc";

    private static final String PUT = "insert into function_library (place, code, crc) values (?, ?, ?)";
    private static final String GET = "select place, code, crc from function_library order by place";
    private static final String CLEAR = "delete from function_library";

    private final Connection connection;
    private final RowChecksum checksum = new RowChecksum();

    LibraryTable(Connection connection) {
        this.connection = connection;
    }

    void replaceAll(List<Bytes> codes) throws SQLException {
        try (Statement clear = connection.createStatement();
                PreparedStatement put = connection.prepareStatement(PUT)) {
            clear.execute(CLEAR);
            for (int i = 0; i < codes.size(); i++) {
                put.setInt(1, i);
                put.setBytes(2, codes.get(i).array());
                put.setLong(3, checksum.of(i).and(codes.get(i)).value());
                put.executeUpdate();
            }
        }
    }

    /** All of them, checked. */
    List<Bytes> all() throws SQLException {
        List<Bytes> codes = new ArrayList<>();
        long checksums = 0;
        try (Statement get = connection.createStatement();
                ResultSet rows = get.executeQuery(GET)) {
            while (rows.next()) {
                codes.add(read(rows));
                checksums += rows.getLong(3);
            }
        }
        SumTable.require(connection, NAME, codes.size(), checksums);
        return codes;
    }

    /** The code in the row at which {@code rows}, of {@link #COLUMNS}, stands, checked. */
    Bytes read(ResultSet rows) throws SQLException {
        long place = rows.getLong(1);
        byte[] code = rows.getBytes(2);
        if (code == null) {
            throw new SQLDataException("library " + place + " of functions has no code");
        }
        Bytes checked = Bytes.wrap(code);
        if (checksum.of(place).and(checked).value() != rows.getLong(3)) {
            throw new SQLDataException("library " + place + " of functions does not match its checksum");
        }
        return checked;
    }
}
