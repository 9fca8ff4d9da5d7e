package io.holdfast.engine.store;

import io.holdfast.resp.Bytes;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** The code of the libraries of functions, which belong to no key. */
final class LibraryTable {
    static final String CREATE = """
            create table function_library (
                place integer primary key,
                code blob not null
            ) strict
            """;

    private static final String PUT = "insert into function_library (place, code) values (?, ?)";
    private static final String GET = "select code from function_library order by place";
    private static final String CLEAR = "delete from function_library";

    private final Connection connection;

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
                put.executeUpdate();
            }
        }
    }

    List<Bytes> all() throws SQLException {
        List<Bytes> codes = new ArrayList<>();
        try (Statement get = connection.createStatement();
                ResultSet rows = get.executeQuery(GET)) {
            while (rows.next()) {
                codes.add(Bytes.wrap(rows.getBytes(1)));
            }
        }
        return codes;
    }
}
